from typing import Any

from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthsForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from fido2.utils import websafe_decode

from accounts.models import User
from accounts.sso import enrolment

_REFUSED = "This passkey was not accepted. Try again, or use another way."
_NO_DEVICES_ANSWER = (AttributeError, KeyError, TypeError, ValueError)


class ActivateTOTPForm(AllauthsForm):
    """Takes the first code of an authenticator app; the secret waits sealed meanwhile."""

    code = forms.CharField(
        label="Code",
        widget=forms.TextInput(
            attrs={
                "class": "ax-input",
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
            }
        ),
        help_text="The six digits that the app shows now.",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        # allauth's own beginning keeps the secret readable in the session.
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        self.secret = enrolment.secret_of(user, is_new=not self.is_bound)


class _PasskeyAnswer:
    """Tells an answer that no device gives from a failure of our own."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of the form beside it
        except _NO_DEVICES_ANSWER:
            raise ValidationError(_REFUSED) from None


class PasskeyStepForm(_PasskeyAnswer, AuthenticateWebAuthnForm):
    """A passkey as the second step."""


class PasskeyAgainForm(_PasskeyAnswer, ReauthenticateWebAuthnForm):
    """A passkey in place of the password, before one's sign-in is changed."""


class PasskeySignInForm(LoginWebAuthnForm):
    """Finds whose passkey it is by the handle that the device kept: the person's public id."""

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        try:
            auth.parse_authentication_response(credential)
            return auth.complete_authentication(_owner_of(credential), credential)
        except (*_NO_DEVICES_ANSWER, User.DoesNotExist):
            raise ValidationError(_REFUSED) from None


class AddPasskeyForm(AddWebAuthnForm):
    def clean(self) -> Any:
        try:
            return super().clean()
        except _NO_DEVICES_ANSWER:
            raise ValidationError(_REFUSED) from None


def _owner_of(credential: Any) -> User:
    public_id = websafe_decode(credential["response"]["userHandle"]).decode()
    owner: User = User.objects.get(public_id=public_id)
    return owner
