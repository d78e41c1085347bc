"""Axiom's rules, where django-allauth asks for them."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import audit
from accounts.models import SignInSecret, User
from accounts.refusals import Refused
from accounts.sign_in import client_address, why_not
from accounts.sso import arrivals
from accounts.sso.calls import Session

BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountAdapter(DefaultAccountAdapter):
    """The door for people whom allauth has recognised."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": "This code is not right, or it was used already. Wait for the next one.",
        "incorrect_password": "This is not your password. Try again.",
        "too_many_login_attempts": "Too many wrong codes. Wait five minutes, then try again.",
        "rate_limited": "Too many wrong codes. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def pre_login(self, request: HttpRequest, user: User, **_: Any) -> HttpResponse | None:
        """Turn away whoever may not come in, before a second step is asked for."""
        reason = why_not(user)
        return turned_away(request, reason) if reason else None

    def login(self, request: HttpRequest, user: User) -> None:
        """Open a new session; one that a person was suspended in the middle of stays shut."""
        login(request, user, backend=BACKEND)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Ask for the password again, counted with all other attempts."""
        found = authenticate(self.request, username=user.email, password=password)
        return found is not None and found.pk == user.pk

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say what Axiom has words for; "you have signed in" needs none."""
        if message_template and message_template.startswith("account/"):
            return
        super().add_message(request, level, message_template, message_context, extra_tags, message)


class IdentityAdapter(DefaultSocialAccountAdapter):
    """The door for people whom the company's identity provider has recognised."""

    def get_requests_session(self) -> Session:
        """Call out as Axiom does: a checked address, no redirect, an end."""
        return Session()

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Keep the subject and the name; what else the provider tells is stored nowhere."""
        told = sociallogin.account.extra_data
        claims = [told[part] for part in ("userinfo", "id_token") if told.get(part)]
        if len({part.get("sub") for part in claims}) != 1:
            reason = "Your identity provider contradicts itself. Tell its administrators."
            raise ImmediateHttpResponse(turned_away(request, reason))
        sociallogin.account.extra_data = {}
        sociallogin.is_silent_on_email = not any("email_verified" in part for part in claims)
        sociallogin.user.name = str(data.get("name") or "")
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whom Axiom knows by the address; from then on the subject decides."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(turned_away(request, "Sign in here with it."))
        if sociallogin.is_existing:
            return
        try:
            address = next(iter(sociallogin.email_addresses), None)
            user = arrivals.let_in(
                address.email.lower() if address else "",
                is_verified=bool(address and _is_vouched_for(sociallogin, address)),
                name=sociallogin.user.name,
                now=timezone.now(),
            )
        except Refused as error:
            raise ImmediateHttpResponse(turned_away(request, error.message)) from error
        sociallogin.user = sociallogin.account.user = user
        sociallogin.account.save()
        after = {"signIn": "identity provider"}
        audit.record(user, "users:UpdateUser", user, before=None, after=after)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, **_: Any
    ) -> None:
        """Say that it did not work, without what the provider said: that may hold a token."""
        reason = f"Signing in with {provider.name} did not work. Try again, or use your password."
        if error == AuthError.CANCELLED:
            reason = f"You stopped signing in with {provider.name}."
        raise ImmediateHttpResponse(turned_away(request, reason))


class SecondStepAdapter(DefaultMFAAdapter):
    """Authenticator apps, passkeys and recovery codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret of whoever is signed in; its id is all that allauth stores."""
        return SignInSecret.objects.keep(text, of=self.request.user).public_id

    def decrypt(self, encrypted_text: str) -> str:
        return (
            SignInSecret.objects.select_related("key", "user").get(public_id=encrypted_text).open()
        )

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002 - allauth's signature
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """Name people to their devices by what may leave: address, name and a handle."""
        handle = user.public_id.encode()
        return {"id": handle, "name": user.email, "display_name": user.get_full_name()}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Axiom"}


def _is_vouched_for(sociallogin: Any, address: Any) -> bool:
    """Believe what the provider says of an address; its silence only where that is trusted."""
    if address.verified is True:
        return True
    return bool(settings.OIDC_TRUSTS_EMAIL and sociallogin.is_silent_on_email)


def turned_away(request: HttpRequest, reason: str) -> HttpResponse:
    """Lead back to the sign-in, which says why."""
    messages.error(request, reason)
    return redirect("admin:login")
