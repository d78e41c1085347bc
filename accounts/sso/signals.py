"""What django-allauth and Django tell of: kept in the audit, and in the session."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit
from accounts.models import SignInSecret, User
from accounts.sso.second_step import note_sign_in

_NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}
_HELD = ("secret", "seed")  # where an authenticator's data names its sealed value


@receiver(user_logged_in, dispatch_uid="second step")
def look_at_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    note_sign_in(request, user)


@receiver(authenticator_added, dispatch_uid="audit added")
def keep_added(user: User, authenticator: Any, **_: Any) -> None:
    _record(user, f"{_NAMES[authenticator.type]} added")


@receiver(authenticator_removed, dispatch_uid="audit removed")
def keep_removed(user: User, authenticator: Any, **_: Any) -> None:
    _record(user, f"{_NAMES[authenticator.type]} removed")


@receiver(authenticator_reset, dispatch_uid="audit reset")
def keep_renewed(user: User, authenticator: Any, **_: Any) -> None:
    _record(user, f"{_NAMES[authenticator.type]} renewed")


@receiver(post_delete, sender=Authenticator, dispatch_uid="forget secret")
def forget_secret(instance: Any, **_: Any) -> None:
    held = [instance.data[name] for name in _HELD if name in instance.data]
    SignInSecret.objects.filter(public_id__in=held).delete()


def _record(user: User, what: str) -> None:
    person = User.objects.get(pk=user.pk)  # a request's user is a stand-in
    audit.record(person, "users:UpdateUser", person, before=None, after={"signIn": what})
