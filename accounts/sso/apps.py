from importlib import import_module

from django.apps import AppConfig


class SsoConfig(AppConfig):
    name = "accounts.sso"
    label = "sso"

    def ready(self) -> None:
        """Listen to what happens in django-allauth."""
        import_module("accounts.sso.signals")
