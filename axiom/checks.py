"""What `manage.py check --deploy` asks of an installation that others reach."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register  # noqa: A004 - Django's name

LONG_ENOUGH = 40  # characters of a secret key that nobody guesses


@register(Tags.security, deploy=True)
def check_installation(**_: Any) -> list[Error]:
    """Refuse what is fit for one machine alone, or for nobody."""
    findings = (
        (settings.DEBUG, "DEBUG is on: pages of errors would show what they should not.", "E001"),
        (
            settings.EGRESS_ALLOW_LOOPBACK,
            "Egress to this machine is open: set AXIOM_EGRESS_ALLOW_LOOPBACK=0.",
            "E002",
        ),
        (
            len(settings.SECRET_KEY) < LONG_ENOUGH,
            f"SECRET_KEY is shorter than {LONG_ENOUGH} characters.",
            "E003",
        ),
        (
            not settings.HTTPS,
            "AXIOM_HTTPS is off: sessions and tokens would travel in the clear.",
            "E004",
        ),
        (
            bool(settings.OIDC and not settings.OIDC["issuer"].startswith("https:")),
            "The identity provider is asked in the clear: AXIOM_OIDC_ISSUER needs https.",
            "E005",
        ),
    )
    return [Error(message, id=f"axiom.{name}") for is_found, message, name in findings if is_found]


@register(Tags.security, deploy=True)
def check_staffs_sign_in(**_: Any) -> list[Warning]:
    """Advise a second step for those who see every project."""
    if settings.SSO_STAFF_NEED_SECOND_STEP:
        return []
    words = (
        "Staff may sign in with a password alone: set AXIOM_SSO=1 and AXIOM_STAFF_SECOND_STEP=1."
    )
    return [Warning(words, id="axiom.W001")]
