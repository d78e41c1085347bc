"""What the list of providers can be narrowed by."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from providers.kinds.registry import KINDS, stored_kind
from providers.models import CatalogEntry, Provider, Status


class KindFilter(SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer the kinds that the reader has providers of."""
        there = model_admin.get_queryset(request).order_by().values_list("kind", flat=True)
        slugs = set(there.distinct())
        in_order = [*KINDS, *sorted(slugs - KINDS.keys())]
        return [(slug, stored_kind(slug).label) for slug in in_order if slug in slugs]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> QuerySet[Provider]:  # noqa: ARG002 - Django's signature
        return queryset.filter(kind=self.value()) if self.value() else queryset


class TypeFilter(SimpleListFilter):
    """Narrows the catalog, whose entries have a kind of model beside the type of provider."""

    title = "type"
    parameter_name = "type"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - as above
        model_admin: ModelAdmin[Any],  # noqa: ARG002 - as above
    ) -> list[tuple[str, str]]:
        slugs = set(
            CatalogEntry.objects.order_by().values_list("provider_kind", flat=True).distinct()
        )
        return [(slug, kind.label) for slug, kind in KINDS.items() if slug in slugs]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002 - as above
        queryset: QuerySet[CatalogEntry],
    ) -> QuerySet[CatalogEntry]:
        return queryset.filter(provider_kind=self.value()) if self.value() else queryset


class StatusFilter(SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - as above
        model_admin: ModelAdmin[Any],  # noqa: ARG002 - as above
    ) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> QuerySet[Provider]:  # noqa: ARG002 - as above
        return queryset.filter(status=self.value()) if self.value() else queryset
