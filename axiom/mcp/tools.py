"""The table of tools, drawn from the registry and from what REST says of itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from types import MappingProxyType
from typing import Any, Final

from drf_spectacular.generators import SchemaGenerator

from accounts.api.serializers import camel_case
from accounts.permissions import PERMISSIONS_BY_REST, Permission
from axiom.mcp.shapes import Schema, Shapes

WHOLE_BODY: Final = "body"  # the one argument of a body that is not an object with fields
_DRAWING: Final = Lock()
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Tool:
    """One REST operation as a tool: what it takes, and where each argument goes in the request.

    ``path`` and ``headers`` give REST's name of each argument, ``query`` and ``body`` have it from
    REST; ``body`` None: there is none.
    """

    permission: Permission
    name: str
    method: str
    address: str
    title: str
    description: str
    takes: Schema
    answers: Schema | None
    path: Mapping[str, str]
    query: frozenset[str]
    headers: Mapping[str, str]
    body: frozenset[str] | None

    @property
    def is_read(self) -> bool:
        return self.method == "GET" or self.permission.is_read

    @property
    def is_destructive(self) -> bool:
        """Whether it changes or ends what is there; adding and testing do neither."""
        return not self.is_read and not self.permission.codename.startswith(("add_", "test_"))

    @property
    def is_idempotent(self) -> bool:
        return self.is_read or self.method != "POST"

    @property
    def calls_out(self) -> bool:
        """Whether somebody else's machine has the answer."""
        return self.permission.codename.startswith("test_")


def tools() -> Mapping[str, Tool]:
    """Give every tool by its name, in the registry's order; drawn once in each process."""
    with _DRAWING:
        return _drawn()


@cache
def _drawn() -> Mapping[str, Tool]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # drf-spectacular
    shapes = Shapes(document.get("components", {}).get("schemas", {}))
    described = {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    }
    found = (
        _tool(row, rest, described[rest], shapes)
        for rest, row in PERMISSIONS_BY_REST.items()
        if row.mcp and rest in described
    )
    return MappingProxyType({tool.name: tool for tool in found})


def _tool(permission: Permission, rest: str, operation: Schema, shapes: Shapes) -> Tool:
    method, _, address = rest.partition(" ")
    body = shapes.body_of(operation)
    parameters = {_argument(entry): entry for entry in operation.get("parameters", ())}
    fields, needed = _fields(body, is_needed=operation.get("requestBody", {}).get("required"))
    if method == "PATCH":
        fields = {name: _without_default(field) for name, field in fields.items()}
    needed |= {name for name, entry in parameters.items() if entry.get("required")}
    described = {name: _described(entry, shapes) for name, entry in parameters.items()}
    is_read = method == "GET" or permission.is_read
    return Tool(
        permission=permission,
        name=str(permission.mcp),
        method=method,
        address=address,
        title=operation.get("summary") or _spaced(permission),
        description=_description(operation, permission),
        takes={
            "type": "object",
            "properties": described | fields,
            "required": sorted(needed),
            "additionalProperties": False,
        },
        answers=shapes.answer_of(operation) if is_read else None,
        path=_standing_in("path", parameters),
        query=frozenset(_standing_in("query", parameters)),
        headers=_standing_in("header", parameters),
        body=None if body is None else frozenset(fields),
    )


def _fields(body: Schema | None, *, is_needed: bool | None) -> tuple[dict[str, Any], set[str]]:
    """Give the arguments that make up a body, and the names of those that must be there."""
    if body is None:
        return {}, set()
    if "properties" not in body:
        return {WHOLE_BODY: dict(body)}, {WHOLE_BODY} if is_needed else set()
    return dict(body["properties"]), set(body.get("required", ())) if is_needed else set()


def _without_default(field: Schema) -> Schema:
    """Keep what a change does not name: a client that fills in defaults would reset it."""
    return {key: value for key, value in field.items() if key != "default"}


def _argument(parameter: Schema) -> str:
    """Name an argument as JSON does: ``If-Match`` is ``ifMatch``, ``user_id`` is ``userId``."""
    name: str = parameter["name"]
    if parameter["in"] == "header":
        name = name.lower().replace("-", "_")
    return camel_case(name)


def _described(parameter: Schema, shapes: Shapes) -> dict[str, Any]:
    schema = dict(shapes.whole(parameter.get("schema", {})))
    told = parameter.get("description")
    return schema | {"description": told} if told else schema


def _standing_in(place: str, parameters: Mapping[str, Schema]) -> Mapping[str, str]:
    return {name: entry["name"] for name, entry in parameters.items() if entry["in"] == place}


def _description(operation: Schema, permission: Permission) -> str:
    told = (operation.get("summary"), operation.get("description"))
    sentences = [f"{text.rstrip('.')}." for text in told if text]
    return "\n\n".join([*sentences, f"Needs the permission {permission.action}."])


def _spaced(permission: Permission) -> str:
    """Write ``GetAiProvider`` as ``Get ai provider``."""
    words = re.findall(r"[A-Z][a-z0-9]*", permission.action.partition(":")[2])
    return " ".join(words).capitalize()
