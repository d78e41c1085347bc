"""Whether a session has passed the second step that its owner has, or ought to have."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User

_SKIPPED = "axiom_second_step_skipped"
_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=_STEPS).exists())


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Mark a session that some door opened without asking for its owner's second step."""
    request.session.pop(_SKIPPED, None)
    if has_one(user) and not was_taken(request, user):
        request.session[_SKIPPED] = True


def was_taken(request: HttpRequest, user: User) -> bool:
    records = get_authentication_records(request, user)
    return any(record.get("method") == "mfa" for record in records)


def was_skipped(request: HttpRequest) -> bool:
    return bool(request.session.get(_SKIPPED))


def is_owed(request: HttpRequest, user: User) -> bool:
    """Whether they are staff who must have a second step and have none; asks while it matters."""
    if not (settings.SSO_STAFF_NEED_SECOND_STEP and user.is_staff):
        return False
    return not (was_taken(request, user) or has_one(user))
