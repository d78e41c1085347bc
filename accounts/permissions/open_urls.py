"""Addresses that stand outside: they show nothing of a tenant, or ask for more themselves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OPEN_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "home": "leads to the admin, which asks who is there",
        "healthz": "probes carry no credentials and learn one word",
        "readyz": "probes carry no credentials and learn which part is missing",
        "invitation": "the token in its link opens one seat, for one address",
        "calendar-feed": "the token in its address reads what its person may, of one project",
        "forgotten": "takes an address, and answers alike for all of them",
        "new-password": "the token in its link is the proof",
        "login-callback": "the state in it is known to the session that began the login",
        "guide": "documentation, the same for everybody",
        "guide-home": "documentation, the same for everybody",
        "api-schema": "the API's description tells nothing of a tenant",
        "account_login": "leads to the door itself",
        "account_reauthenticate": "one's own password, asked for again",
        "mfa_reauthenticate": "one's own code, asked for again",
        "mfa_reauthenticate_webauthn": "one's own passkey, asked for again",
        "mfa_authenticate": "the second step of a sign-in, after the first",
        "mfa_login_webauthn": "the passkey is the proof",
        "mfa_index": "one's own second steps",
        "mfa_activate_totp": "one's own authenticator app",
        "mfa_deactivate_totp": "one's own authenticator app",
        "mfa_view_recovery_codes": "one's own recovery codes, once",
        "mfa_generate_recovery_codes": "one's own recovery codes",
        "mfa_list_webauthn": "leads to one's own second steps",
        "mfa_add_webauthn": "one's own passkeys",
        "mfa_edit_webauthn": "one's own passkeys",
        "mfa_remove_webauthn": "one's own passkeys",
        "openid_connect_login": "leads to the company's identity provider",
        "openid_connect_callback": "the identity provider's answer is the proof",
        "api-nothing": "says that there is nothing, to whoever has a key",
        "api-docs": "the same, for people",
        "mcp": "asks for a key, and runs each operation as REST does, permission and all",
        "admin:index": "lists only what its reader may open",
        "admin:app_list": "lists only what its reader may open",
        "admin:login": "the door itself",
        "admin:logout": "ends one's own session",
        "admin:password_change": "one's own password, asked for again",
        "admin:password_change_done": "says that it worked",
        "admin:autocomplete": "answers from inside the wall of the model it is asked about",
        "admin:jsi18n": "words of the date picker",
        "admin:view_on_site": "no model here has a page of its own outside the admin",
        "admin:find_projects": "finds among the projects that one may see",
        "admin:choose_project": "chooses among the projects that one may see",
    }
)
