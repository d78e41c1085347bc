from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = "Providers"

    def ready(self) -> None:
        """Say in every impact how providers, models and secrets are called; post notices."""
        from accounts import expiry  # noqa: PLC0415 - models are there by now
        from accounts.impact import registry  # noqa: PLC0415 - as above
        from accounts.services import notices  # noqa: PLC0415 - as above
        from providers.services import expiries, impact, webhooks  # noqa: PLC0415 - as above

        impact.register(registry)
        notices.register(webhooks.queue)
        expiries.register(expiry.registry)
