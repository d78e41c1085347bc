"""What every page does with the errors that any page may meet."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import barrier
from accounts.authority import Forbidden
from accounts.refusals import DependencyDown
from foundation.databases import trouble_of

_NOT_YET: Final = (
    "It is done, but {late} has not confirmed yet: calls there may pass a little longer."
)


class RefusalsMiddleware:
    """Keeps refused attempts on record, and tells a missing database from a missing page.

    A page's transaction is undone when it refuses, and the event with it: here it is over.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Forbidden):
            error.keep_on_record()
        trouble = trouble_of(error)
        if trouble is not None:
            error = DependencyDown("database", trouble=trouble)
        if not isinstance(error, DependencyDown):
            return None
        answer = _told(request, str(error))
        answer["Retry-After"] = str(error.retry_after_s)
        return answer


class BarrierMiddleware:
    """Tells who revoked something which processes have not confirmed that they know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        barrier.begin()
        response = self.get_response(request)
        late = barrier.unconfirmed()
        if late:
            response["x-axiom-unconfirmed"] = ", ".join(late)
            if response.status_code in {HTTPStatus.FOUND, HTTPStatus.NO_CONTENT}:
                messages.warning(request, _NOT_YET.format(late=", ".join(late)), fail_silently=True)
        return response


def _told(request: HttpRequest, message: str) -> HttpResponse:
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "503.html", {"message": message}, status=503)
    return HttpResponse(message, status=503, content_type="text/plain; charset=utf-8")
