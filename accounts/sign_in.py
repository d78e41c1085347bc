"""Who may sign in, and how attempts are counted, by whichever door somebody comes."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

_FORWARDED = "X-Forwarded-For"


def counted_as(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """Give the address that was typed, in one spelling: each spelling would have its own tries."""
    given = credentials or {}
    # Asked before a sign-in, axes names it as the model does; told of a failure, as the form does.
    typed = given.get("username") or given.get("email") or request.POST.get("username", "")
    return typed.strip().lower()


def client_address(request: HttpRequest) -> str:
    """Give the network address of whoever asks, as the outermost trusted proxy saw it.

    Each proxy appends the address that it was called from, so only as many entries from the right
    are believed as there are proxies of our own; what stands further left anybody could have sent.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    told = [hop.strip() for hop in request.headers.get(_FORWARDED, "").split(",")]
    if proxies == 0 or len(told) < proxies:
        return direct
    try:
        return str(ip_address(told[-proxies]))
    except ValueError:
        return direct


def why_not(user: Any) -> str:
    """Say why this account may not come in, though its owner proved who they are; "" if it may."""
    if not user.is_active:
        return "This account is suspended. Ask the platform's staff."
    if not has_a_place(user):
        return "You are not a member of any project yet. Ask an owner to invite you."
    return ""


def has_a_place(user: Any) -> bool:
    """Whether there is anything behind the door for this person."""
    if not user.is_authenticated:
        return False
    return bool(user.is_superuser or user.memberships.exists())
