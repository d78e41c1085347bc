"""The sign-in page and its neighbours, where Axiom does it in its own way."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.socialaccount.providers.openid_connect import views as identity
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.generic import RedirectView

from accounts.sso.adapters import turned_away
from accounts.sso.passkeys import are_possible_at

logger = structlog.get_logger(__name__)

_NOT_AS_IT_SHOULD = (AttributeError, KeyError, OSError, TypeError, ValueError)


class SignInView(LoginView):
    """Asks for email and password, then for the second step of those who have one."""

    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        answer: HttpResponse = perform_password_login(self.request, {"email": user.email}, login)
        return answer


class ToSignIn(RedirectView):
    """Leads whom allauth sends to its sign-in to ours."""

    pattern_name = "admin:login"
    query_string = True


class AddPasskeyView(AddWebAuthnView):
    """A key that is enough by itself: it knows whose it is, and asks for a finger or a PIN."""

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**words)
        return context | {
            "options": begin_registration(self.request.user, passwordless=True),
            "is_possible": are_possible_at(self.request.get_host()),
        }


def ask(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the identity provider, which is asked first where its pages are."""
    try:
        answer: HttpResponse = identity.login(request, provider_id)
    except _NOT_AS_IT_SHOULD as error:
        logger.warning("identity provider", error=type(error).__name__)
        name = settings.OIDC["name"] if settings.OIDC else provider_id
        return turned_away(request, f"{name} does not answer as it should. Try again in a minute.")
    return answer


def sign_in(request: HttpRequest, *, form: Any, context: dict[str, Any]) -> HttpResponseBase:
    """Show the sign-in page with every door that is open here, or let somebody in by the first."""
    shown = context | {
        "identity": settings.OIDC,
        "passkeys_are_possible": are_possible_at(request.get_host()),
    }
    view = SignInView.as_view(authentication_form=form, extra_context=shown)
    # A form that is answered with a redirect abroad counts as sent there.
    abroad = [_origin(settings.OIDC["issuer"])] if settings.OIDC else []
    return csp_update({"form-action": abroad})(view)(request)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
