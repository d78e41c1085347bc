"""THE registry: one row for each thing that somebody may do in Axiom.

Admin pages, REST views, MCP tools and the documentation all read it, and a test walks every
address and fails where none is declared here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from accounts.permissions.open_urls import OPEN_URLS
from accounts.permissions.permission import STAFF, Permission
from accounts.permissions.table import TABLE

__all__ = [
    "API",
    "OPEN_URLS",
    "PERMISSIONS",
    "PERMISSIONS_BY_REST",
    "STAFF",
    "Declaration",
    "Permission",
    "Undeclared",
    "Verb",
    "declared_for_url",
    "permission_for",
    "permission_of",
    "reading",
    "rest_path",
]

API: Final = "/api/v1"

Verb = Literal["list", "view", "add", "change", "delete"]

PERMISSIONS: Final[Mapping[str, Permission]] = MappingProxyType({row.action: row for row in TABLE})
PERMISSIONS_BY_REST: Final[Mapping[str, Permission]] = MappingProxyType(
    {row.rest.replace(" ", f" {API}", 1): row for row in TABLE if row.rest}
)


class Undeclared(LookupError):
    """Somebody asked about an action, a model or an address that the registry does not have."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What guards an address: permissions, or the reason why it stands open."""

    permissions: tuple[Permission, ...] = ()
    open_because: str = ""


def permission_of(action: str) -> Permission:
    try:
        return PERMISSIONS[action]
    except KeyError:
        raise Undeclared(f"{action} is not in the registry of permissions.") from None


def permission_for(model_label: str, verb: Verb) -> Permission | None:
    """Find the row that guards what the admin does with a model; None where nobody may do that."""
    page = {"list": "changelist", "view": "change"}.get(verb, verb)
    codename = "view" if verb == "list" else verb
    rows = (row for row in TABLE if row.model_label == model_label)
    fitting = (row for row in rows if row.codename.startswith(f"{codename}_"))
    return next((row for row in fitting if page in row.pages.split()), None)


def reading(model_label: str) -> Permission:
    """Find the row that one must have to see a model's rows in a list.

    Raises Undeclared for a model that no row speaks of: the wall never guesses.
    """
    for row in TABLE:
        if row.model_label == model_label and row.codename.startswith("view_"):
            return row
    raise Undeclared(f"No permission to read {model_label} is in the registry.")


def declared_for_url(name: str, *, path: str = "", method: str = "") -> Declaration | None:
    """Look an address up by its full name, or by REST path and method.

    ``path`` may be Django's own way of writing it, as in ``api/v1/ai-providers/<str:id>``.
    None means that nobody declared it.
    """
    if name in OPEN_URLS:
        return Declaration(open_because=OPEN_URLS[name])
    guarding = tuple(row for row in TABLE if name in row.url_names)
    rest = PERMISSIONS_BY_REST.get(f"{method.upper()} {rest_path(path)}")
    permissions = guarding or ((rest,) if rest else ())
    return Declaration(permissions=permissions) if permissions else None


def rest_path(route: str) -> str:
    """Write a Django route as the registry does: ``/api/v1/ai-providers/{id}/test``."""
    named_groups = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", route)
    converters = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", named_groups)
    return "/" + re.sub(r"\\[AZz]|[\^$\\]|/\?", "", converters).strip("/")
