"""The admin's frame around pages that are not the admin's own."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

_OWN: Final = "mfa_index"
_TITLES: Final[Mapping[str, str]] = {
    _OWN: "Second step and passkeys",
    "mfa_activate_totp": "Set up an authenticator app",
    "mfa_deactivate_totp": "Remove the authenticator app",
    "mfa_view_recovery_codes": "Recovery codes",
    "mfa_generate_recovery_codes": "New recovery codes",
    "mfa_add_webauthn": "Add a passkey",
    "mfa_edit_webauthn": "Rename a passkey",
    "mfa_remove_webauthn": "Remove a passkey",
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the frame to pages about one's own sign-in; all others bring theirs."""
    name = (request.resolver_match.url_name if request.resolver_match else "") or ""
    if name not in _TITLES or not request.user.is_authenticated:
        return {}
    back = {} if name == _OWN else {"back_url": reverse(_OWN), "back_label": _TITLES[_OWN]}
    context: dict[str, Any] = admin.site.each_context(request)
    return context | {"page_title": _TITLES[name]} | back
