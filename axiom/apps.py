from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from foundation import pages


class AxiomConfig(AppConfig):
    name = "axiom"

    def ready(self) -> None:
        """Register the checks, which Django finds by import."""
        import_module("axiom.checks")


class AxiomAdminConfig(AdminConfig):
    """Django's admin with Axiom's own site as `admin.site`."""

    default_site = "axiom.admin_site.AxiomAdminSite"

    def ready(self) -> None:
        """Import the pages where they are served: they are a sixth of a gateway's memory."""
        if pages.are_served:
            super().ready()
