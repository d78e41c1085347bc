"""OpenAPI's schemas as tools have them: whole, without references, for one direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

ERROR: Final[Schema] = {
    "type": "object",
    "description": "What went wrong, where the tool failed.",
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "meta": {"type": "object"},
    },
    "required": ["code", "message", "meta"],
}

_JSON = "application/json"
_START = "#/components/schemas/"
_VALUES = frozenset({"const", "default", "enum", "example", "examples", "required"})


@dataclass(frozen=True, slots=True)
class Shapes:
    """The named schemas of one OpenAPI document.

    Tools carry theirs whole: several clients don't follow references.
    """

    named: Mapping[str, Schema]

    def body_of(self, operation: Schema) -> Schema | None:
        """Give what an operation takes as its body; None where it takes none."""
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get(_JSON, {}).get("schema")
        return None if schema is None else self.whole(schema, hidden="readOnly")

    def answer_of(self, operation: Schema) -> Schema | None:
        """Give what an operation answers, where that is one object: its fields, or an error.

        Some clients hold an error against it as well, so no field has to be there.
        """
        answers = operation.get("responses", {})
        found = [code for code in answers if code.startswith("2")]
        if len(found) != 1:
            return None
        schema = answers[found[0]].get("content", {}).get(_JSON, {}).get("schema")
        whole = {} if schema is None else self.whole(schema, hidden="writeOnly")
        if whole.get("type") != "object" or "properties" not in whole:
            return None
        return {"type": "object", "properties": {**whole["properties"], "error": ERROR}}

    def whole(self, schema: Any, *, hidden: str = "", inside: tuple[str, ...] = ()) -> Any:
        """Write references out; leave out properties that are ``hidden`` in this direction.

        A schema that holds itself stays open where it does so a second time.
        """
        if isinstance(schema, list):
            return [self.whole(item, hidden=hidden, inside=inside) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        name = str(schema.get("$ref", "")).removeprefix(_START)
        if name in inside:
            return {}
        if name:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return self.whole({**self.named[name], **rest}, hidden=hidden, inside=(*inside, name))
        return _plain(
            {
                key: self._part(key, value, hidden, inside)
                for key, value in _without_hidden(schema, hidden).items()
            }
        )

    def _part(self, key: str, value: Any, hidden: str, inside: tuple[str, ...]) -> Any:
        if key in _VALUES:
            return value
        if key == "properties":
            return {
                name: self.whole(schema, hidden=hidden, inside=inside)
                for name, schema in value.items()
            }
        return self.whole(value, hidden=hidden, inside=inside)


def _without_hidden(schema: Schema, hidden: str) -> dict[str, Any]:
    kept = {key: value for key, value in schema.items() if key not in {"readOnly", "writeOnly"}}
    properties = schema.get("properties", {})
    gone = {name for name, field in properties.items() if hidden and field.get(hidden)}
    if gone:
        kept["properties"] = {name: properties[name] for name in properties if name not in gone}
        kept["required"] = [name for name in schema.get("required", ()) if name not in gone]
    return kept


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in the words that every client knows: one type each, and no list of one."""
    if len(schema.get("allOf", ())) == 1:
        (only,) = schema.pop("allOf")
        schema = {**only, **schema}
    types = schema.get("type")
    if isinstance(types, list):
        del schema["type"]
        schema["anyOf"] = [{"type": each} for each in types]
    return schema
