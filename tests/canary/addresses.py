"""Every address of the portal, as its URL configuration has them, and what stands behind each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from providers.models import CatalogEntry

SOME_ROWS = 2
_NAMED_BY: Mapping[type[Model], str] = {Group: "name", CatalogEntry: "name_in_addresses"}
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:\[[^]]*\]|[^()])*\)")


class Unknown(LookupError):
    """Nothing here knows what to put in a place of an address."""


@dataclass(frozen=True, slots=True)
class Address:
    """One pattern: its route with places in it, and the model that it is about, if any."""

    route: str
    name: str
    model: type[Model] | None

    def __str__(self) -> str:
        return self.name or self.route

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(typed or plain for typed, plain in _PLACE.findall(self.route))

    def paths(self) -> list[str]:
        """Fill the places with what the database holds; raises Unknown."""
        choices = [self._choices(place) for place in self.places]
        return ["/" + self._filled(values) for values in product(*choices)]

    def _filled(self, values: tuple[str, ...]) -> str:
        left = iter(values)
        return _PLACE.sub(lambda _: next(left), self.route)

    def _choices(self, place: str) -> list[str]:
        if place in _OTHER_PLACES:
            return _OTHER_PLACES[place]()
        if self.model is None or place not in {"object_id", "id"}:
            raise Unknown(f"{self}: nothing is known for <{place}>")
        return ids_of(self.model)


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), ""))


def ids_of(model: type[Model]) -> list[str]:
    """Give the ids by which addresses name some rows; raises Unknown where there is no row."""
    rows = model._default_manager.order_by("pk")[:SOME_ROWS]
    found = [str(getattr(row, _NAMED_BY.get(model, "public_id"), row.pk)) for row in rows]
    if not found:
        raise Unknown(f"the world has no {model._meta.label}")
    return found


def _walk(resolver: URLResolver, before: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = before + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        else:
            yield Address(route, entry.name or "", _model_of(entry, route))


def _plain(route: str) -> str:
    return route.removeprefix("^").removesuffix("$").removesuffix(r"\Z")


def _model_of(entry: URLPattern, route: str) -> type[Model] | None:
    queryset = getattr(getattr(entry.callback, "cls", None), "queryset", None)
    if queryset is not None:
        return queryset.model
    if entry.name == "view_on_site":
        return apps.get_model("providers.Secret")
    words = entry.name or route.removeprefix("admin/").replace("/", "_")
    models = (model for model in apps.get_models() if words.startswith(f"{_start(model)}_"))
    return max(models, key=lambda model: len(_start(model)), default=None)


def _start(model: type[Model]) -> str:
    """How the admin begins the names of a model's pages."""
    return f"{model._meta.app_label}_{model._meta.model_name}"


def _ids_of(label: str) -> Any:
    return lambda: ids_of(apps.get_model(label))


_OTHER_PLACES: Mapping[str, Any] = {
    "project_id": _ids_of("accounts.Project"),
    "user_id": _ids_of("accounts.User"),
    "group": _ids_of("auth.Group"),
    "provider_id": _ids_of("providers.Provider"),
    "verb": lambda: ["view", "use"],
    "model": lambda: ["llama3.3"],
    "app_label": lambda: ["accounts", "providers"],
    "content_type_id": lambda: [
        str(ContentType.objects.get_for_model(apps.get_model("providers.Secret")).pk)
    ],
    "path": lambda: ["secrets/"],
    "pk": lambda: ["1"],
    "url": lambda: ["there/is/no/such/page/"],
}
