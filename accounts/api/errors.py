"""Every error of the REST API, in one shape and at one place.

``{"error": {"code", "message", "meta"}}``; a message says what to do, and what failed inside Axiom
goes to the log, never to the client.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as RecordInvalid
from django.db import InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from kombu.exceptions import OperationalError as BrokerDown
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.api.etags import PreconditionFailed
from accounts.api.serializers import camel_case
from accounts.authority import Forbidden
from accounts.refusals import (
    DependencyDown,
    HasDependents,
    ProviderFailed,
    QuotaExceeded,
    Refused,
    Unsupported,
)
from foundation.databases import trouble_of

logger = structlog.get_logger(__name__)

RETRY_AFTER_S: Final = 5
_WHOLE: Final = frozenset({"", "__all__", "non_field_errors"})  # how frameworks name no field


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as a client sees it."""

    status: int
    code: str
    message: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_response(self) -> Response:
        body = {"code": self.code, "message": self.message, "meta": self.meta}
        return Response({"error": body}, status=self.status, headers=dict(self.headers))


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer for whatever a view raised; what nobody foresaw is logged and tells little."""
    set_rollback()
    if isinstance(error, Forbidden):
        error.keep_on_record()
    problem = _problem_of(error)
    if problem is not _FAILED_INSIDE:
        return problem.as_response()
    view = type(context.get("view")).__name__
    logger.error("request failed", view=view, error=type(error).__name__, exc_info=error)
    return problem.as_response()


def _problem_of(error: Exception) -> Problem:
    for kinds, describe in _DESCRIPTIONS:
        if isinstance(error, kinds):
            return describe(error)
    return _FAILED_INSIDE


_FAILED_INSIDE: Final = Problem(
    500, "INTERNAL_ERROR", "Something failed inside Axiom; its log has the reason."
)


def _forbidden(error: Forbidden) -> Problem:
    return Problem(403, "FORBIDDEN", str(error), {"permission": error.action})


def _denied(error: Exception) -> Problem:
    return Problem(403, "FORBIDDEN", str(error) or "This is not allowed.")


def _unauthorized(error: exceptions.APIException) -> Problem:
    scheme = {"WWW-Authenticate": getattr(error, "auth_header", "Bearer")}
    return Problem(401, "UNAUTHORIZED", str(error.detail), headers=scheme)


def _missing(_error: Exception) -> Problem:
    return Problem(404, "RESOURCE_NOT_FOUND", "There is no such resource here.")


def _has_dependents(error: HasDependents) -> Problem:
    return Problem(409, error.code, error.message, {"count": error.count, "ids": error.ids})


def _refused(error: Refused) -> Problem:
    return Problem(409, error.code.upper(), error.message)


def _beyond(error: Unsupported) -> Problem:
    return Problem(400, error.code.upper(), error.message)


def _unreadable(error: exceptions.ParseError) -> Problem:
    return Problem(
        400, "VALIDATION_FAILED", str(error.detail), {"fields": {"body": [error.detail]}}
    )


def _invalid(error: exceptions.ValidationError) -> Problem:
    return _invalid_fields(error.detail if isinstance(error.detail, dict) else {"": error.detail})


def _invalid_record(error: RecordInvalid) -> Problem:
    """Name a model's fields as clients do."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return _invalid_fields(
        {(name if name in _WHOLE else camel_case(name)): said for name, said in told.items()}
    )


def _invalid_fields(fields: Mapping[str, Any]) -> Problem:
    named = {("body" if name in _WHOLE else name): said for name, said in fields.items()}
    message = f"Give another value for: {', '.join(named)}."
    return Problem(400, "VALIDATION_FAILED", message, {"fields": named})


def _stale(error: PreconditionFailed) -> Problem:
    return Problem(412, "PRECONDITION_FAILED", str(error))


def _unsupported(_error: exceptions.UnsupportedMediaType) -> Problem:
    said = "Send the body as application/json."
    return Problem(400, "VALIDATION_FAILED", said, {"fields": {"body": [said]}})


def _protected(error: ProtectedError | RestrictedError) -> Problem:
    """Refuse what foreign keys refuse, in the words of every other such refusal."""
    rows = (
        error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    )
    ids = sorted(str(getattr(row, "public_id", "")) for row in rows)
    message = f"{len(ids)} other objects need it: delete them first."
    named = [public_id for public_id in ids if public_id][:20]
    return Problem(409, "RESOURCE_HAS_DEPENDENTS", message, {"count": len(ids), "ids": named})


def _quota_exceeded(error: QuotaExceeded) -> Problem:
    wait = {"Retry-After": str(error.retry_after_s)}
    return Problem(429, "QUOTA_EXCEEDED", str(error), headers=wait)


def _throttled(error: exceptions.Throttled) -> Problem:
    wait = {"Retry-After": str(int(getattr(error, "wait", None) or RETRY_AFTER_S))}
    return Problem(429, "QUOTA_EXCEEDED", str(error.detail), headers=wait)


def _provider_failed(error: ProviderFailed) -> Problem:
    return Problem(502, "AI_PROVIDER_ERROR", str(error))


def _down(error: DependencyDown) -> Problem:
    wait = {"Retry-After": str(error.retry_after_s)}
    return Problem(503, "DEPENDENCY_UNAVAILABLE", str(error), {"part": error.part}, wait)


def _database_failed(error: Exception) -> Problem:
    """Ask for patience where that mends it; a statement that is wrong fails inside."""
    trouble = trouble_of(error)
    if trouble is None:
        return _FAILED_INSIDE
    return _down(DependencyDown("database", retry_after_s=RETRY_AFTER_S, trouble=trouble))


def _broker_down(_error: Exception) -> Problem:
    return _down(DependencyDown("broker", retry_after_s=RETRY_AFTER_S))


def _other(error: exceptions.APIException) -> Problem:
    return Problem(error.status_code, error.default_code.upper(), str(error.detail))


# The first kind that fits describes the error: the narrower stand above the wider.
_DESCRIPTIONS: Final[tuple[tuple[Any, Callable[[Any], Problem]], ...]] = (
    (Forbidden, _forbidden),
    ((PermissionDenied, exceptions.PermissionDenied), _denied),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), _unauthorized),
    ((Http404, exceptions.NotFound), _missing),
    (HasDependents, _has_dependents),
    (Unsupported, _beyond),
    (Refused, _refused),
    (exceptions.ParseError, _unreadable),
    (exceptions.ValidationError, _invalid),
    (RecordInvalid, _invalid_record),
    (PreconditionFailed, _stale),
    (exceptions.UnsupportedMediaType, _unsupported),
    ((ProtectedError, RestrictedError), _protected),
    (QuotaExceeded, _quota_exceeded),
    (exceptions.Throttled, _throttled),
    (ProviderFailed, _provider_failed),
    (DependencyDown, _down),
    ((OperationalError, InterfaceError), _database_failed),
    (BrokerDown, _broker_down),
    (exceptions.APIException, _other),
)
