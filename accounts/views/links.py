"""What pages behind a mailed link share: tries are counted, words stand on a page of their own."""

from datetime import datetime, timedelta
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from accounts.models import Throttle
from accounts.refusals import QuotaExceeded
from accounts.sign_in import client_address

_PER = timedelta(minutes=15)
_FROM_ONE_PLACE = 20


def count_try(request: HttpRequest, scope: str, *, now: datetime) -> None:
    """Count a try that failed, by where it came from; raises QuotaExceeded."""
    Throttle.objects.take(scope, client_address(request), limit=_FROM_ONE_PLACE, per=_PER, now=now)


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, object],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show a page of its own, which no cache keeps."""
    answer = render(request, template, context, status=status)
    add_never_cache_headers(answer)
    return answer


def told(
    request: HttpRequest, heading: str, words: str, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """Say one thing, and lead on to the sign-in."""
    return page(request, "accounts/told.html", {"heading": heading, "words": words}, status=status)


def too_many(request: HttpRequest, error: QuotaExceeded) -> HttpResponse:
    answer = told(request, "Too many attempts", str(error), status=HTTPStatus.TOO_MANY_REQUESTS)
    answer["Retry-After"] = str(error.retry_after_s)
    return answer
