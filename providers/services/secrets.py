"""Verbs on secrets: make, replace, delete; the value goes in here and nowhere else."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.authority import require
from accounts.models import Project
from providers.models import Provider, Secret


def add(secret: Secret, values: Mapping[str, str], *, by: Actor, now: datetime) -> Secret:
    """Store a new secret under a name that is free in its project."""
    secret.seal(values, now=now)
    secret.full_clean(exclude=["ciphertext", "wrapped_key", "key"])
    with transaction.atomic():
        secret.save()
        audit.record(by, "secrets:CreateSecret", secret, before=None, after=told(secret))
    return secret


def replace(secret: Secret, values: Mapping[str, str], *, by: Actor, now: datetime) -> None:
    """Put another value in its place and let the models that use it be tested anew."""
    before = told(secret)
    with transaction.atomic():
        users = list(secret.providers.select_for_update())  # no test of the old one ends meanwhile
        secret.replace(values, now=now)
        for provider in users:
            provider.forget_tests()
        audit.record(by, "secrets:UpdateSecret", secret, before=before, after=told(secret))


def set_expiry(secret: Secret, expires_at: datetime | None, *, by: Actor) -> None:
    """Remember when the vendor stops taking it; None where it does not."""
    before = told(secret)
    secret.expires_at = expires_at
    with transaction.atomic():
        secret.save(update_fields=["expires_at"])
        audit.record(by, "secrets:UpdateSecret", secret, before=before, after=told(secret))


def change(secret: Secret, *, name: str, expires_at: datetime | None, by: Actor) -> None:
    """Call it otherwise, or let it end at another time; the value stays."""
    before = told(Secret.objects.get(pk=secret.pk))
    secret.name, secret.expires_at = name.strip(), expires_at
    secret.full_clean(exclude=["ciphertext", "wrapped_key", "key"])
    with transaction.atomic():
        secret.save(update_fields=["name", "expires_at"])
        audit.record(by, "secrets:UpdateSecret", secret, before=before, after=told(secret))


def remove(secret: Secret, *, by: Actor) -> None:
    """Delete a secret that nothing uses; raises SecretHasProviders for any other."""
    with transaction.atomic():
        audit.record(by, "secrets:DeleteSecret", secret, before=told(secret), after=None)
        secret.delete()


def remove_with_providers(secret: Secret, *, by: Actor) -> None:
    """Delete a secret and the providers that use it, each by its own rules.

    Raises Forbidden where one of them is not `by`'s to delete.
    """
    with transaction.atomic():
        users = list(secret.providers.select_related("project"))
        for provider in users:
            if by is not None:
                require(by, "aiProviders:DeleteAiProvider", provider)
            before = {"name": provider.name, "secretId": secret.public_id}
            audit.record(by, "aiProviders:DeleteAiProvider", provider, before=before, after=None)
        audit.record(by, "secrets:DeleteSecret", secret, before=told(secret), after=None)
        secret.delete_with_providers()


def free_name(wanted: str, project: Project | None) -> str:
    """`wanted`, or `wanted 2` and so on where the project has one of that name."""
    taken = {
        name.lower()
        for name in Secret.objects.filter(project=project).values_list("name", flat=True)
    }
    number, name = 1, wanted[:90]
    while name.lower() in taken:
        number += 1
        name = f"{wanted[:90]} {number}"
    return name


def told(secret: Secret) -> dict[str, object]:
    """Say what the audit may know of it."""
    return {
        "name": secret.name,
        "kind": secret.kind,
        "host": secret.host,
        "prefix": secret.prefix,
        "valueUpdatedAt": secret.value_updated_at.isoformat(),
        "expiresAt": secret.expires_at.isoformat() if secret.expires_at else None,
    }


def for_provider(
    provider: Provider, values: Mapping[str, str], *, host: str, by: Actor, now: datetime
) -> Secret:
    """Store `values` for `provider`: in its own secret, or in a new one.

    A secret that other providers use too keeps its value for them.
    """
    own = provider.secret
    if own and not own.providers.exclude(pk=provider.pk).exists():
        own.kind, own.host = provider.kind, host
        own.save(update_fields=["kind", "host"])
        replace(own, values, by=by, now=now)
        return own
    name = free_name(f"{provider.name} key", provider.project)
    secret = Secret(project=provider.project, name=name, kind=provider.kind, host=host)
    return add(secret, values, by=by, now=now)
