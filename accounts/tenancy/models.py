"""The wall in models: what a project owns says so in one way."""

from django.db import models


class TenantModel(models.Model):
    """Belongs to exactly one project and goes with it; its queryset is a WalledQuerySet."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE)

    class Meta:
        abstract = True


class SharedTenantModel(models.Model):
    """Belongs to one project, or to none where staff share it with everybody."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        abstract = True
