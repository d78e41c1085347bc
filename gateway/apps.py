from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class GatewayConfig(AppConfig):
    name = "gateway"
    verbose_name = "Gateway"

    def ready(self) -> None:
        """Say in every impact how agents, facades and grants are called, and keep facades true."""
        from accounts import expiry, explanations  # noqa: PLC0415 - models are there by now
        from accounts.impact import registry  # noqa: PLC0415 - as above
        from gateway.services import access, expiries, impact  # noqa: PLC0415 - as above
        from providers.models import Provider, ProviderModel, lending  # noqa: PLC0415 - as above

        impact.register(registry)
        expiries.register(expiry.registry)
        explanations.register("models:Invoke", access.explained)
        lending.register(access.is_granted)
        for model in (Provider, ProviderModel):
            post_save.connect(_note_saved, sender=model, dispatch_uid=f"facades of {model}")
            post_delete.connect(_note_deleted, sender=model, dispatch_uid=f"facades of {model}")


def _note_saved(*, created: bool, update_fields: frozenset[str] | None, **_rest: Any) -> None:
    """Look at facades where a backend of theirs may have been switched."""
    if not created and (update_fields is None or "status" in update_fields):
        _settle_facades()


def _note_deleted(**_rest: Any) -> None:
    _settle_facades()


def _settle_facades() -> None:
    from gateway.services import facades  # noqa: PLC0415 - models are there by now

    facades.settle()
