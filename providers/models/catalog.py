from typing import ClassVar, Self

from django.db import models

from providers.kinds.kind import Kind

DEPRECATED = "deprecated"
PRICE_FIELDS = ("input_price", "output_price", "cache_read_price", "cache_write_price")


class CatalogEntryQuerySet(models.QuerySet["CatalogEntry"]):
    def known_as(self, name: str) -> Self:
        """Keep the one whose `name_in_addresses` this is."""
        kind, _, model_id = name.partition("/")
        return self.filter(provider_kind=kind, model_id=model_id)

    def of_kind(self, slug: str) -> Self:
        return self.filter(provider_kind=slug).order_by("position")

    def importable_to(self, kind: Kind) -> Self:
        """Those whose id is what a provider of the kind is called with.

        Where ids are names that people gave, the catalog is there to take values from, by name.
        """
        if kind.models_have_own_names:
            return self.none()
        return self.of_kind(kind.slug).exclude(status=DEPRECATED)


class CatalogEntry(models.Model):
    """A model as the reference data has it; a provider's own values always win over it."""

    LIMIT_FIELDS: ClassVar = ("context_window", "max_output")
    FLAG_FIELDS: ClassVar = (
        "has_tools",
        "has_vision",
        "has_reasoning",
        "has_streaming",
        "has_json",
    )

    provider_kind = models.SlugField()
    model_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=9)
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=10)
    deprecated_on = models.DateField(null=True)
    input_price = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    output_price = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    cache_read_price = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    cache_write_price = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    context_window = models.PositiveIntegerField(null=True)
    max_output = models.PositiveIntegerField(null=True)
    has_tools = models.BooleanField(default=False)
    has_vision = models.BooleanField(default=False)
    has_reasoning = models.BooleanField(default=False)
    has_streaming = models.BooleanField(default=True)
    has_json = models.BooleanField(default=False)
    tiers = models.JSONField(default=list)
    source_url = models.URLField(max_length=500, blank=True)
    version = models.CharField(max_length=10)

    objects = CatalogEntryQuerySet.as_manager()

    class Meta:
        ordering = ("provider_kind", "position")
        verbose_name = "catalog entry"
        verbose_name_plural = "catalog"
        constraints = (
            models.UniqueConstraint(
                fields=("provider_kind", "model_id"), name="catalog_entry_unique_in_kind"
            ),
        )

    def __str__(self) -> str:
        return self.name_in_addresses

    @property
    def name_in_addresses(self) -> str:
        """Kind and model id are unique together, and mean the same in every installation."""
        return f"{self.provider_kind}/{self.model_id}"

    @property
    def status_label(self) -> str:
        """The status, with the day from which the vendor does not serve the model any more."""
        return (
            f"{self.status}, off from {self.deprecated_on}" if self.deprecated_on else self.status
        )

    @property
    def source(self) -> str:
        """How a provider's model names where its values came from."""
        return f"Catalog {self.version.replace('-', '.')}"
