"""The page that a vendor sends a browser back to, with the answer to a login."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.authority import require
from accounts.refusals import DependencyDown
from accounts.tenancy.current import principal_of, session_of
from providers import login_tasks
from providers.kinds.oauth.redirects import Redirect
from providers.models import LoginAttempt
from providers.services.logins import attempts

FINISH = "aiProviders:SubmitLoginCode"


@require_safe
def login_callback_view(request: HttpRequest) -> HttpResponse:
    """Take the answer in for the session that began the login, and say what comes next.

    A worker fetches the tokens; the page that began the login shows how that went.
    """
    if not request.user.is_authenticated:
        words = "Your session has ended. Sign in to Axiom, and begin the login again."
        return _told(request, "Not signed in", words, status=HTTPStatus.UNAUTHORIZED)
    now, session = timezone.now(), session_of(request)
    answer = Redirect.of(request.GET.dict())
    try:
        attempt = attempts.find(answer)
        attempts.refuse_other_session(attempt, session)
        require(principal_of(request), FINISH, attempt.provider)
        attempt = attempts.receive(attempt, answer, session=session, now=now)
        login_tasks.advance_soon(attempt)
    except attempts.LoginRefused as refusal:
        return _told(request, "Login not taken", refusal.message, status=HTTPStatus.CONFLICT)
    except DependencyDown:
        words = "The answer is kept. Axiom goes on as soon as its task queue is back."
        return _told(request, "One moment", words)
    if attempt.status != LoginAttempt.Status.FINISHING:
        words = attempts.sentence(attempt, now=now)
        return _told(request, "Not connected", words, status=HTTPStatus.CONFLICT)
    words = f"Axiom is connecting {attempt.provider.name}. You can close this tab."
    return _told(request, "Signed in", words)


def _told(
    request: HttpRequest, heading: str, words: str, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {"heading": heading, "words": words}
    answer = render(request, "providers/login_answered.html", context, status=status)
    answer["Referrer-Policy"] = "no-referrer"  # its address holds a code
    add_never_cache_headers(answer)
    return answer
