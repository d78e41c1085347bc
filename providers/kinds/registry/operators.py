"""What the operator's environment says of the kinds that people sign in to.

Each address and scope of such a kind has a variable: `AXIOM_OPENAI_CODEX_TOKEN_URL` for the token
URL of `openai-codex`. The vendor's own value is its default, and a provider's own setting wins.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from foundation.env import Environment, EnvironmentInvalid
from providers.kinds import headers
from providers.kinds.declaration import Field
from providers.kinds.kind import Kind
from providers.kinds.oauth.settings import url_problem

BASE_URL: Final = "base_url"
SETTINGS: Final = (
    *("issuer", "authorization_url", "device_url", "token_url", "redirect_url"),
    *("scopes", "audience", "parameters"),
)


def variable(kind: Kind, name: str) -> str:
    """Name the variable that sets a field of a kind."""
    return f"AXIOM_{kind.slug}_{name}".upper().replace("-", "_")


def variables(kind: Kind) -> Iterable[tuple[str, str]]:
    """Give each variable of a kind with its default."""
    yield variable(kind, BASE_URL), kind.base_url
    for field in kind.fields:
        if field.name in SETTINGS:
            yield variable(kind, field.name), field.default


def as_set(kinds: Iterable[Kind], env: Environment) -> tuple[Kind, ...]:
    """Give kinds with the defaults of an environment; raises EnvironmentInvalid."""
    return tuple(_as_set(kind, env) for kind in kinds)


def _as_set(kind: Kind, env: Environment) -> Kind:
    fields = tuple(_with_default(kind, field, env) for field in kind.fields)
    name = variable(kind, BASE_URL)
    base_url = env.text(name, kind.base_url)
    if base_url and (url_problem(base_url) or "?" in base_url):
        raise EnvironmentInvalid(name, _AN_ADDRESS)
    return replace(kind, fields=fields, base_url=base_url.rstrip("/"))


def _with_default(kind: Kind, field: Field, env: Environment) -> Field:
    if field.name not in SETTINGS:
        return field
    name = variable(kind, field.name)
    default = env.text(name, field.default)
    if default and field.problem_of is not None and field.problem_of(default):
        raise EnvironmentInvalid(name, _AN_ADDRESS)
    if not headers.is_sendable(default):
        raise EnvironmentInvalid(name, "must be plain letters, digits and signs on one line.")
    return replace(field, default=default)


_AN_ADDRESS: Final = (
    "must be a whole address that begins with https:// (or http://), without a user's name or a # "
    "in it."
)
