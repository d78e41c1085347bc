from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "usage"
    verbose_name = "Usage"

    def ready(self) -> None:
        """Say what went through an object lately, in its impact and on its provider's page."""
        from accounts.impact import registry  # noqa: PLC0415 - models are there by now
        from providers.panels import charts as pages  # noqa: PLC0415 - as above
        from providers.services import own_calls as calls  # noqa: PLC0415 - as above
        from usage import charts, impact, own_calls  # noqa: PLC0415 - as above

        registry.leave_out(*(model._meta.label for model in self.get_models()))
        registry.ledger(impact.lately)
        pages.register(charts.of_provider)
        calls.register(own_calls)
