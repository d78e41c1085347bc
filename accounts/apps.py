from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Look for object permissions and keys in every impact, and say what a project holds."""
        from accounts import expiry  # noqa: PLC0415 - models are there by now
        from accounts.expiry import sources  # noqa: PLC0415 - as above
        from accounts.impact import access, registry  # noqa: PLC0415 - as above

        access.register(registry)
        sources.register(expiry.registry)
