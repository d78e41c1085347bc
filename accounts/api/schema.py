"""The description of the REST API: what drf-spectacular can't see of our views is added here."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from accounts.api.serializers import CamelSerializer, camel_case
from accounts.permissions import Permission, permission_of

Schema = dict[str, Any]

_WRITES: Final = "x-writes"
_UPSTREAM: Final = "x-calls-upstream"
_BOOLEAN: Final[Schema] = {"type": "boolean", "default": False}
_ALWAYS: Final = {
    "400": "VALIDATION_FAILED: each field's reasons are in meta.fields.",
    "401": "UNAUTHORIZED: no key, or one that does not work.",
    "403": "FORBIDDEN: meta.permission names what is missing.",
    "404": "RESOURCE_NOT_FOUND: there is none, or none that you may see.",
    "503": "DEPENDENCY_UNAVAILABLE: try again after Retry-After seconds.",
}
_OF_WRITES: Final = {
    "409": "A rule says no: …_HAS_DEPENDENTS with count and ids, or the rule's own code.",
    "429": "QUOTA_EXCEEDED: try again after Retry-After seconds.",
}
_STALE: Final = {"412": "PRECONDITION_FAILED: If-Match names another state than the present one."}
_FAILED_UPSTREAM: Final = {
    "400": "MODEL_LISTING_UNSUPPORTED: this kind of provider lists nothing.",
    "409": "MODEL_PULLING_UNSUPPORTED: nothing is installed at this kind of provider.",
    "502": "AI_PROVIDER_ERROR: the provider's own words.",
}


class ProblemSerializer(CamelSerializer):
    code = serializers.CharField()
    message = serializers.CharField()
    meta = serializers.DictField()


class ErrorSerializer(CamelSerializer):
    """Every error, in one shape."""

    error = ProblemSerializer()

    class Meta:
        example = {
            "error": {
                "code": "VALIDATION_FAILED",
                "message": "Give another value for: name.",
                "meta": {"fields": {"name": ["This field is required."]}},
            }
        }


class DifferenceSerializer(CamelSerializer):
    field = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


class RehearsalSerializer(CamelSerializer):
    """What a change would do; nothing was done."""

    dry_run = serializers.BooleanField()
    status = serializers.IntegerField(help_text="What the change itself would answer.")
    diff = DifferenceSerializer(many=True)
    impact = serializers.DictField(allow_null=True, help_text="As GET …/impact tells it.")

    class Meta:
        example = {
            "dryRun": True,
            "status": 200,
            "diff": [{"field": "name", "before": "OpenAI", "after": "OpenAI, research"}],
            "impact": None,
        }


def describe(
    request: Any,
    responses: Mapping[Any, Any],
    *,
    upstream: bool = False,
    writes: bool = True,
    query: Mapping[str, str] | None = None,
) -> Callable[[Any], Any]:
    """Say what an operation takes and answers; `query` names what it reads there beside that."""
    flags = [
        OpenApiParameter(name, bool if name == "force" else str, description=told)
        for name, told in (query or {}).items()
    ]
    extensions = {_WRITES: writes} | ({_UPSTREAM: True} if upstream else {})
    described: Callable[[Any], Any] = extend_schema(
        request=request, responses=dict(responses), parameters=flags, extensions=extensions
    )
    return described


class RegistrySchema(AutoSchema):
    """Reads names, rights and tools from the registry, and adds what every operation has."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        operation: Schema | None = super().get_operation(*args, **kwargs)
        permission = self._permission()
        if operation is None or permission is None:
            return operation
        writes = operation.pop(_WRITES, True) and self.method != "GET"
        upstream = operation.pop(_UPSTREAM, False)
        operation["x-permission"] = permission.action
        operation["x-lowest-role"] = permission.lowest_role or "staff"
        operation["x-mcp-tool"] = permission.mcp
        operation.setdefault("parameters", []).extend(self._parameters(writes=writes))
        self._add_examples(operation)
        self._add_answers(operation, writes=writes, upstream=upstream)
        return operation

    def get_operation_id(self) -> str:
        permission = self._permission()
        if permission is None or permission.mcp is None:
            return str(super().get_operation_id())
        return camel_case(permission.mcp.replace("-", "_"))

    def get_summary(self) -> str | None:
        permission = self._permission()
        words = re.findall("[A-Z][a-z]*", permission.action.partition(":")[2]) if permission else []
        return " ".join(words).capitalize() or None

    def get_tags(self) -> list[str]:
        permission = self._permission()
        return [permission.action.partition(":")[0]] if permission else ["description"]

    def _is_list_view(self, serializer: Any = None) -> bool:
        permission = self._permission()
        return permission.is_list if permission else bool(super()._is_list_view(serializer))

    def _permission(self) -> Permission | None:
        declared = getattr(self.view, "permissions", {})
        action = declared.get(getattr(self.view, "action", None))
        return permission_of(action) if action else None

    def _parameters(self, *, writes: bool) -> list[Schema]:
        found = [_query("projectId", {"type": "string"}, "Whose: a key's own project by default.")]
        if not writes:
            return found
        found.append(_query("dryRun", _BOOLEAN, "Tell the difference and the impact; do nothing."))
        if self.method == "POST":
            name: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
            name |= {"pattern": "^[!-~]+$"}
            found.append(_header("Idempotency-Key", name, "Sent again, it is answered again."))
        else:
            etag: Schema = {"type": "string", "pattern": '^("[!#-~]{1,64}"|\\*)$'}
            found.append(_header("If-Match", etag, "The ETag of a GET: refused if it has changed."))
        return found

    def _add_examples(self, operation: Schema) -> None:
        _exemplify(operation.get("requestBody"), _example(self.get_request_serializer()))
        answers = self.get_response_serializers()
        by_code = answers if isinstance(answers, dict) else {200: answers}
        for code, serializer in by_code.items():
            example = _example(serializer)
            if example is not None and self._is_list_view():
                example = {"data": [example], "total": 1, "limit": 20, "offset": 0}
            _exemplify(operation["responses"].get(str(code)), example)

    def _add_answers(self, operation: Schema, *, writes: bool, upstream: bool) -> None:
        answers: Schema = operation["responses"]
        told = _ALWAYS | (_OF_WRITES if writes else {}) | (_FAILED_UPSTREAM if upstream else {})
        if writes and self.method != "POST":
            told = told | _STALE
        error = self._content(ErrorSerializer)
        for code, description in told.items():
            answers[code] = {"description": description, "content": error}
        for code in ("200", "201"):
            if code in answers and not self._is_list_view() and self.method in {"GET", "PATCH"}:
                answers[code]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        if writes:
            self._add_rehearsal(answers)

    def _add_rehearsal(self, answers: Schema) -> None:
        rehearsal = self._content(RehearsalSerializer)["application/json"]
        answer = answers.setdefault("200", {"description": "With dryRun: what it would do."})
        done = answer.get("content", {}).get("application/json")
        if done is None:
            answer["content"] = {"application/json": rehearsal}
            return
        both: Schema = {"schema": {"anyOf": [done["schema"], rehearsal["schema"]]}}
        examples = {"done": done.get("example"), "dryRun": rehearsal.get("example")}
        both["examples"] = {name: {"value": value} for name, value in examples.items() if value}
        answer["content"] = {"application/json": both}

    def _content(self, serializer: type[CamelSerializer]) -> Schema:
        component = self.resolve_serializer(serializer, "response")
        return {"application/json": {"schema": component.ref, "example": _example(serializer)}}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library registers it so
    target_class = "accounts.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:  # noqa: ARG002 - the library's signature
        return {"type": "http", "scheme": "bearer", "description": "An API key, axk_…"}


def _example(serializer: Any) -> Any:
    """Give what a serializer's Meta shows; None where it shows nothing."""
    child = getattr(serializer, "child", serializer)
    return getattr(getattr(child, "Meta", None), "example", None)


def _exemplify(holder: Schema | None, example: Any) -> None:
    media = (holder or {}).get("content", {}).get("application/json")
    if media is not None and example is not None:
        media["example"] = example


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _header(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "header", "schema": schema, "description": description}
