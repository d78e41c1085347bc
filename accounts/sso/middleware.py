"""Nobody goes on with half a sign-in."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.middleware import RefusalsMiddleware
from accounts.models import User
from accounts.refusals import DependencyDown
from accounts.sso import second_step

_SKIPPED = "This account has a second step: sign in here with it."
_OWED = "Staff need a second step here: set up an authenticator app or a passkey first."
_ENROLLING = ("mfa_", "account_")
_OPEN = {"guide", "guide-home", "healthz", "home", "readyz"}
_ALWAYS = frozenset({"admin:logout", "admin:jsi18n", *_OPEN})
_FOR_PROGRAMS = ("/api/", "/mcp")


class SecondStepMiddleware:
    """Ends sessions that skipped a second step, and sends staff who owe one to set it up.

    Costs no query but where staff must have one and the session has not shown it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._refusals = RefusalsMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        is_by_key = _is_for_programs(request) and "Authorization" in request.headers
        if name in _ALWAYS or is_by_key:
            return None
        try:
            return _halted(request, name)
        except (OperationalError, InterfaceError) as error:
            # What a hook raises reaches no other hook.
            if _is_for_programs(request):
                return _database_away()
            return self._refusals.process_exception(request, error)


def _halted(request: HttpRequest, name: str) -> HttpResponse | None:
    user = request.user
    if not isinstance(user, User):
        return None
    if second_step.was_skipped(request):
        logout(request)
        return _sent(request, _SKIPPED, to="admin:login")
    if name.startswith(_ENROLLING) or not second_step.is_owed(request, user):
        return None
    return _sent(request, _OWED, to="mfa_index")


def _sent(request: HttpRequest, reason: str, *, to: str) -> HttpResponse:
    if _is_for_programs(request):
        return _error(HTTPStatus.FORBIDDEN, "FORBIDDEN", reason)
    messages.warning(request, reason)
    return redirect(to)


def _database_away() -> HttpResponse:
    down = DependencyDown("database")
    answer = _error(
        HTTPStatus.SERVICE_UNAVAILABLE, "DEPENDENCY_UNAVAILABLE", str(down), part=down.part
    )
    answer["Retry-After"] = str(down.retry_after_s)
    return answer


def _error(status: HTTPStatus, code: str, message: str, **meta: Any) -> HttpResponse:
    return JsonResponse(
        {"error": {"code": code, "message": message, "meta": meta}}, status=status.value
    )


def _is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(_FOR_PROGRAMS)
