"""Mail to people: a text in a template, whose first line is the subject."""

from collections.abc import Mapping
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

logger = structlog.get_logger(__name__)


class NotMailed(Exception):
    """The mail server did not take it; the message is for people and quotes nothing of the mail."""


def deliver(template: str, to: str, context: Mapping[str, Any]) -> None:
    """Send one mail, outside a transaction; raises NotMailed, and logs it, where it did not go.

    The text may hold a link that opens a door, so nothing of it is ever logged.
    """
    subject, _, text = render_to_string(template, dict(context)).strip().partition("\n")
    try:
        send_mail(subject, text.strip() + "\n", None, [to])
    except (SMTPException, OSError) as error:
        name = type(error).__name__
        logger.warning("a mail did not go out", template=template, error=name)
        raise NotMailed(f"The mail server did not take it ({name}).") from error


def send(template: str, to: str, context: Mapping[str, Any]) -> bool:
    """Send as `deliver` does, once; False where it did not go."""
    try:
        deliver(template, to, context)
    except NotMailed:
        return False
    return True


def link(page: str, **words: str) -> str:
    """Give a page's whole address, as people reach it; what is secret in it stays in its query.

    Servers and proxies log paths more readily than queries.
    """
    query = f"?{urlencode(words)}" if words else ""
    return f"{settings.PORTAL_URL}{reverse(page)}{query}"


def reaches_people() -> bool:
    """Whether mails go to a server, and not to the portal's own output."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")
