from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import RestrictedError

from accounts.models import Epoch
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from foundation.money import price_label
from providers.kinds.vocabulary import Outcome
from providers.models.catalog import PRICE_FIELDS, CatalogEntry
from providers.models.provider import Provider, Status, routings
from providers.models.refusals import IsActiveModel, IsLastModel, ProviderHasDependents
from providers.models.versions import Versioned

CUSTOM = "Custom"


class ModelKind(models.TextChoices):
    CHAT = "chat", "chat"
    EMBEDDING = "embedding", "embedding"


class TestStatus(models.TextChoices):
    """What Test Connection last said: only it sets this."""

    __test__ = False

    UNTESTED = "untested", "Untested"
    CONNECTED = "connected", "Connected"
    ERROR = "error", "Error"


class ProviderModelQuerySet(WalledQuerySet["ProviderModel"]):
    project_path = "provider__project"
    shows_shared = True

    def enabled(self) -> Self:
        return self.filter(status=Status.ACTIVE)

    def usable(self) -> Self:
        """Those that routing and pickers may offer."""
        return self.enabled().filter(provider__status=Status.ACTIVE)

    def with_provider(self) -> Self:
        return self.select_related(
            "provider__project", "provider__secret__key", "provider__secret__project"
        )

    def in_form_order(self) -> Self:
        return self.order_by("position", "pk")

    def like(self, kind: str, model_id: str) -> Self:
        """Those of a provider kind that the catalog's model of this id tells about."""
        named = models.Q(catalog_id=model_id) | models.Q(catalog_id="", upstream_id=model_id)
        return self.filter(named, provider__kind=kind)

    def forget_tests(self) -> int:
        return self.update(
            test_status=TestStatus.UNTESTED, test_latency_ms=None, test_message="", tested_at=None
        )

    def note_listed(self, listed: Collection[str], *, now: datetime) -> bool:
        """Note which of a provider's models its server has, by their upstream ids.

        True where that is another than before: routing follows then.
        """
        gone = self.filter(missing_since=None).exclude(upstream_id__in=listed)
        back = self.filter(missing_since__isnull=False, upstream_id__in=listed)
        has_changed = bool(gone.update(missing_since=now)) | bool(back.update(missing_since=None))
        if has_changed:
            Epoch.bump()
        return has_changed

    def delete(self) -> tuple[int, dict[str, int]]:
        """Each one by its own rules; nothing is removed when one refuses."""
        counts: dict[str, int] = {}
        with transaction.atomic():
            for model in self.select_related("provider"):
                for label, count in model.delete()[1].items():
                    counts[label] = counts.get(label, 0) + count
        return sum(counts.values()), counts


def _price(verbose_name: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        verbose_name,
        max_digits=14,
        decimal_places=8,
        null=True,
        blank=True,
        validators=(MinValueValidator(0),),
        help_text="USD per million tokens; empty means unknown.",
    )


class ProviderModel(Versioned):
    """One model at one provider; its own prices and flags win over the catalog's."""

    public_id = PublicIdField(prefix="apm")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    upstream_id = models.CharField("model id", max_length=200)
    catalog_id = models.CharField(
        "values from",
        max_length=200,
        blank=True,
        help_text="The catalog's model whose values it has, where its own id is another.",
    )
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=9, choices=ModelKind, default=ModelKind.CHAT)
    position = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    input_price = _price("input price")
    output_price = _price("output price")
    cache_read_price = _price("cache read price")
    cache_write_price = _price("cache write price")
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output = models.PositiveIntegerField(null=True, blank=True)
    has_tools = models.BooleanField("tools", default=False)
    has_vision = models.BooleanField("vision", default=False)
    has_reasoning = models.BooleanField("reasoning", default=False)
    has_streaming = models.BooleanField("streaming", default=True)
    has_json = models.BooleanField("JSON", default=False)
    deprecated_on = models.DateField(null=True, blank=True, editable=False)
    source = models.CharField(max_length=40, default=CUSTOM, editable=False)
    test_status = models.CharField(
        max_length=9, choices=TestStatus, default=TestStatus.UNTESTED, editable=False
    )
    test_latency_ms = models.PositiveIntegerField(null=True, editable=False)
    test_message = models.CharField(max_length=1000, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    missing_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Since when its server no longer lists it; routing passes it over meanwhile.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderModelQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "provider model"
        permissions = (
            ("test_providermodel", "Can test provider model"),
            ("use_providermodel", "Can use provider model"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "upstream_id"),
                name="model_unique_in_provider",
                violation_error_message="This provider already has that model.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.upstream_id} at {self.provider.name}"

    @classmethod
    def from_catalog(cls, provider: Provider, entry: CatalogEntry, *, position: int) -> Self:
        model = cls(provider=provider, upstream_id=entry.model_id, position=position)
        model.take_catalog_values(entry)
        return model

    def clean(self) -> None:
        """Refuse to name a model of the catalog that is not there, or is of the other sort.

        One that a sync has taken away since stays named: nobody can be asked to mend that.
        """
        same = type(self).objects.filter(pk=self.pk, catalog_id=self.catalog_id)
        if not self.catalog_id or same.exists():
            return
        entry = self.catalog_entry()
        if entry and entry.kind == self.kind:
            return
        reason = f"The catalog has no {self.kind} model {self.catalog_id} of this type."
        raise ValidationError({"catalog_id": reason})

    def shown(self) -> tuple[object, ...]:
        """Give what its form shows; the day of a test or its place in the list is no change."""
        prices = (getattr(self, name) for name in PRICE_FIELDS)
        return (
            *(None if price is None else price.normalize() for price in prices),
            *(getattr(self, name) for name in CatalogEntry.LIMIT_FIELDS),
            *(getattr(self, name) for name in CatalogEntry.FLAG_FIELDS),
            *(self.catalog_id, self.status),
        )

    def catalog_entry(self) -> CatalogEntry | None:
        """Find what the catalog says of it: by the name that was given, else by its own id."""
        entries = CatalogEntry.objects.of_kind(self.provider.kind)
        return entries.filter(model_id=self.catalog_id or self.upstream_id).first()

    def fill_from_catalog(self, entry: CatalogEntry) -> None:
        """Take the catalog's values where it has none of its own; the caller saves."""
        own = {name: getattr(self, name) for name in (*PRICE_FIELDS, *entry.LIMIT_FIELDS)}
        able = [name for name in entry.FLAG_FIELDS if getattr(self, name)]
        self.take_catalog_values(entry)
        for name, value in own.items():
            if value is not None:
                setattr(self, name, value)
        for name in able:
            setattr(self, name, True)

    def take_catalog_values(self, entry: CatalogEntry) -> None:
        """Prices, windows and flags as the catalog has them; the caller saves."""
        self.name, self.kind, self.source = entry.name, entry.kind, entry.source
        self.deprecated_on = entry.deprecated_on
        for field in (*PRICE_FIELDS, *entry.LIMIT_FIELDS, *entry.FLAG_FIELDS):
            setattr(self, field, getattr(entry, field))

    @property
    def is_enabled(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def is_missing(self) -> bool:
        """Whether its server, when last asked, no longer had it."""
        return self.missing_since is not None

    @property
    def cost_label(self) -> str:
        """USD per million tokens in and out, for people."""
        return f"{price_label(self.input_price)} / {price_label(self.output_price)}"

    def record_test(self, outcome: Outcome, *, at: datetime) -> None:
        self.test_status = TestStatus.CONNECTED if outcome.ok else TestStatus.ERROR
        self.test_latency_ms, self.test_message = outcome.latency_ms, outcome.message[:1000]
        self.tested_at = at
        self.save(update_fields=["test_status", "test_latency_ms", "test_message", "tested_at"])

    def is_active_anywhere(self) -> bool:
        return routings().filter(active_model=self).exists()

    def disable(self) -> None:
        with transaction.atomic():
            routings().lock_for(self.provider)
            if self.is_active_anywhere():
                raise IsActiveModel(self, "disabled")
            routings().leave_out([self])
            self.status = Status.DISABLED
            self.save(update_fields=["status"])
            self._hand_on_default()
            Epoch.bump()

    def enable(self) -> None:
        self.status = Status.ACTIVE
        self.save(update_fields=["status"])
        Epoch.bump()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove it: never the active one, never the last; fallback and default move first."""
        with transaction.atomic():
            routings().lock_for(self.provider)
            if self.is_active_anywhere():
                raise IsActiveModel(self, "removed")
            if not self.provider.models.exclude(pk=self.pk).exists():
                raise IsLastModel(self)
            routings().leave_out([self])
            self._hand_on_default()
            try:
                result = super().delete(*args, **kwargs)
            except RestrictedError as error:
                raise ProviderHasDependents(self, error.restricted_objects) from error
            Epoch.bump()
        return result

    def _hand_on_default(self) -> None:
        provider = Provider.objects.select_for_update().get(pk=self.provider_id)
        if provider.default_model_id != self.pk:
            return
        remaining: Iterable[ProviderModel] = (
            provider.models.enabled().exclude(pk=self.pk).in_form_order()[:1]
        )
        provider.default_model = next(iter(remaining), None)
        provider.save(update_fields=["default_model"])
