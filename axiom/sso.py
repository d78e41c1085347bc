"""The sign-in extra: what its variables say, as settings of django-allauth; nothing while off."""

from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from accounts.sso import PROVIDER_ID
from foundation.env import Environment, EnvironmentInvalid

APPS = [
    "accounts.sso",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sso.middleware.SecondStepMiddleware",
]
CONTEXT_PROCESSOR = "axiom.frame.frame"
PACKAGES = ("allauth", "fido2", "qrcode", "jwt")
GIVEN_ROLES = ("viewer", "editor", "admin")
IDENTITY = ("AXIOM_OIDC_ISSUER", "AXIOM_OIDC_CLIENT_ID", "AXIOM_OIDC_CLIENT_SECRET")
_SWITCH = "AXIOM_SSO"
_SWITCHED = ("AXIOM_OIDC_NEWCOMERS", "AXIOM_OIDC_TRUST_EMAIL", "AXIOM_STAFF_SECOND_STEP")


def settings_of(env: Environment, *, redis_url: str = "") -> dict[str, Any]:
    """Give every setting of the extra; none where it is off.

    Raises EnvironmentInvalid where a package or a variable is missing.
    """
    if not env.flag(_SWITCH, default=False):
        _refuse_stray(env)
        return {}
    if any(find_spec(package) is None for package in PACKAGES):
        raise EnvironmentInvalid(_SWITCH, "needs packages that are not here: run `make sso`.")
    identity = _identity(env)
    return {
        "SSO": True,
        "SSO_STAFF_NEED_SECOND_STEP": env.flag("AXIOM_STAFF_SECOND_STEP", default=False),
        "OIDC": {"name": identity["name"], "issuer": identity["issuer"]} if identity else None,
        "OIDC_TRUSTS_EMAIL": _trusts_email(env, has_identity=bool(identity)),
        "OIDC_NEWCOMERS": _newcomers(env, has_identity=bool(identity)),
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {"APPS": [_app(identity)] if identity else []}
        },
        **_caches(redis_url),
        **_ALLAUTH,
    }


def _caches(redis_url: str) -> dict[str, Any]:
    """Let several portals share what is counted; one alone counts in its memory."""
    if not redis_url:
        return {}
    backend = "django.core.cache.backends.redis.RedisCache"
    return {
        "CACHES": {"default": {"BACKEND": backend, "LOCATION": redis_url, "KEY_PREFIX": "axiom"}}
    }


def _refuse_stray(env: Environment) -> None:
    for name in (*IDENTITY[:2], *_SWITCHED):
        if env.text(name, ""):
            raise EnvironmentInvalid(name, f"does nothing while {_SWITCH} is off: set {_SWITCH}=1.")


def _identity(env: Environment) -> dict[str, str]:
    issuer, client_id = env.text(IDENTITY[0], ""), env.text(IDENTITY[1], "")
    secret = env.secret(IDENTITY[2], "")
    given = dict(zip(IDENTITY, (issuer, client_id, secret), strict=True))
    if not any(given.values()):
        return {}
    for name, value in given.items():
        if not value:
            raise EnvironmentInvalid(name, f"is missing: {', '.join(IDENTITY)} belong together.")
    _refuse_plain(issuer)
    name = env.text("AXIOM_OIDC_NAME", "your company")
    return {"name": name, "issuer": issuer.rstrip("/"), "client_id": client_id, "secret": secret}


def _refuse_plain(issuer: str) -> None:
    """Refuse an identity provider that anybody on the way could play, but for this machine."""
    parts = urlsplit(issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))
    if not (is_safe and parts.hostname) or parts.query or parts.fragment or parts.username:
        raise EnvironmentInvalid(IDENTITY[0], "must look like https://login.example.com.")


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _trusts_email(env: Environment, *, has_identity: bool) -> bool:
    """Tell whether an address counts of which the provider does not say that it checked it."""
    name = "AXIOM_OIDC_TRUST_EMAIL"
    is_trusted = env.flag(name, default=False)
    if is_trusted and not has_identity:
        raise EnvironmentInvalid(name, f"needs an identity provider: set {', '.join(IDENTITY)}.")
    return is_trusted


def _newcomers(env: Environment, *, has_identity: bool) -> tuple[str, str] | None:
    """Read the project's slug and the role that people get who were not invited."""
    name = "AXIOM_OIDC_NEWCOMERS"
    given = env.text(name, "")
    if not given:
        return None
    slug, _, role = given.partition(":")
    if not slug or role not in GIVEN_ROLES:
        raise EnvironmentInvalid(
            name, f"must be a project's slug and a role ({', '.join(GIVEN_ROLES)}): default:viewer."
        )
    if not has_identity:
        raise EnvironmentInvalid(name, f"needs an identity provider: set {', '.join(IDENTITY)}.")
    return slug, role


def _app(identity: Mapping[str, str]) -> dict[str, Any]:
    return {
        "provider_id": PROVIDER_ID,
        "name": identity["name"],
        "client_id": identity["client_id"],
        "secret": identity["secret"],
        "settings": {"server_url": identity["issuer"], "oauth_pkce_enabled": True},
    }


_ALLAUTH: Mapping[str, Any] = {
    "ACCOUNT_ADAPTER": "accounts.sso.adapters.AccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"email"},
    "ACCOUNT_SIGNUP_FIELDS": ["email*"],
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_EMAIL_VERIFICATION": "none",  # whoever let them in did that
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 900,  # seconds
    "SOCIALACCOUNT_ADAPTER": "accounts.sso.adapters.IdentityAdapter",
    "SOCIALACCOUNT_STORE_TOKENS": False,
    "MFA_ADAPTER": "accounts.sso.adapters.SecondStepAdapter",
    "MFA_FORMS": {
        "activate_totp": "accounts.sso.forms.ActivateTOTPForm",
        "login_webauthn": "accounts.sso.forms.PasskeySignInForm",
        "authenticate_webauthn": "accounts.sso.forms.PasskeyStepForm",
        "reauthenticate_webauthn": "accounts.sso.forms.PasskeyAgainForm",
        "add_webauthn": "accounts.sso.forms.AddPasskeyForm",
    },
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,
    "MFA_TOTP_ISSUER": "Axiom",
    "MFA_TOTP_TOLERANCE": 1,  # a telephone's clock may be half a minute off
    "MFA_WEBAUTHN_USER_VERIFICATION": "required",
}
