"""What every request of the portal gets: an id that its log lines name, a compressed answer."""

import re
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from foundation.ids import new_id

HEADER = "X-Request-Id"
COMPRESSED = {
    *("text/html", "text/css", "text/javascript", "text/plain"),
    *("application/javascript", "application/json", "image/svg+xml"),
}
SANE_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")


class RequestContextMiddleware:
    """Gives each request an id, a caller's own where it is sane, and says it in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if SANE_ID.fullmatch(given) else new_id("req")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses words: neither pictures and fonts, which are so already, nor streams of events.

    Its base pads each answer by a random length, and Django masks the CSRF token anew in each.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.status_code != HTTPStatus.OK or kind not in COMPRESSED:
            return response
        return super().process_response(request, response)
