"""A new password by mail: a link that works once, for an hour."""

from datetime import datetime, timedelta

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction

from accounts.models import Throttle, User, UserStatus
from accounts.services import mail

_PER = timedelta(hours=1)
_MAILS_TO_ONE = 3


def wanted_by(email: str, *, now: datetime) -> User | None:
    """Find whom a link for a new password goes to; nobody for an address without an account.

    Raises QuotaExceeded, for any address alike, where it was asked for too often.
    """
    wanted = email.strip().lower()
    Throttle.objects.take("new password mail", wanted, limit=_MAILS_TO_ONE, per=_PER, now=now)
    with_account = User.objects.exclude(status=UserStatus.SUSPENDED)
    user: User | None = with_account.filter(email=wanted).first()
    return user


def send_link(user: User) -> bool:
    """Mail the link; call it outside a transaction. False where the mail did not go."""
    is_first = user.status == UserStatus.INVITED
    context = {
        "subject": "Your account on Axiom" if is_first else "A new password for Axiom",
        "email": user.email,
        "link": mail.link(
            "new-password", who=user.public_id, token=default_token_generator.make_token(user)
        ),
    }
    return mail.send("mail/new_password.txt", user.email, context)


def owner_of(public_id: str, token: str) -> User | None:
    """Find whom a link is for; None where it was used, has expired or never was."""
    user = User.objects.filter(public_id=public_id).exclude(status=UserStatus.SUSPENDED).first()
    return user if user and default_token_generator.check_token(user, token) else None


def set_by_link(user: User, password: str) -> None:
    """Set a password that was validated already; whoever was only invited is active now."""
    with transaction.atomic():
        user.change_password(password, by=user)
        if user.status == UserStatus.INVITED:
            user.change(by=user, status=UserStatus.ACTIVE)
