from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"
    verbose_name = "Gateway"

    def ready(self) -> None:
        """Say in every impact how agents, facades and grants are called."""
        from accounts import expiry, explanations  # noqa: PLC0415 - models are there by now
        from accounts.impact import registry  # noqa: PLC0415 - as above
        from gateway.services import access, expiries, impact  # noqa: PLC0415 - as above
        from providers.models import lending  # noqa: PLC0415 - as above

        impact.register(registry)
        expiries.register(expiry.registry)
        explanations.register("models:Invoke", access.explained)
        lending.register(access.is_granted)
