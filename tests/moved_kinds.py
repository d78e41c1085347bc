"""Kinds as declared, but at another host: a vendor's paths on loopback."""

import dataclasses
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from providers.kinds.declaration import DerivedUrl
from providers.kinds.kind import Kind
from providers.kinds.listings import kind_by_name
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, Format, Request
from providers.models import ModelKind, Provider, ProviderModel
from tests.factories import make_login, make_project, make_provider, make_secret


def moved(kind: Kind, origin: str, wanted: Format) -> Kind:
    """Give the kind at `origin`, speaking `wanted` alone, below the path of its base URL.

    What signs or fetches tokens is left as it is.
    """
    dialects = tuple(dialect for dialect in kind.dialects if dialect.format is wanted)
    here = origin.rstrip("/")
    if kind.derived_url is None:
        base_url = here + urlsplit(kind.base_url).path
        return dataclasses.replace(kind, base_url=base_url, dialects=dialects)
    typical = {field.name: field.placeholder for field in kind.fields if field.required}
    path = urlsplit(kind.base_url_of(config=typical)).path
    derived = DerivedUrl(kind.derived_url.domain, lambda _config: here + path)
    return dataclasses.replace(kind, derived_url=derived, dialects=dialects)


class Granted:
    """Puts a token into requests that a cloud is taken to have given."""

    def __init__(self, token: str) -> None:
        self._fields = {"authorization": f"Bearer {token}"}

    def authorized(self, request: Request, *_where: object, **_when: object) -> Request:
        return dataclasses.replace(request, headers={**request.headers, **self._fields})

    at_once = authorized

    def forget(self, _endpoint: Endpoint) -> None:
        """Keep it: there is no other."""


def provider_there(  # noqa: PLR0913 - what a provider is made of
    monkeypatch: pytest.MonkeyPatch,
    slug: str,
    origin: str,
    *,
    wanted: Format,
    key: str,
    model_id: str,
    config: Mapping[str, str] | None = None,
) -> Provider:
    """Make a complete provider whose kind is moved; every kind in this test is that one then."""
    kind = moved(KINDS[slug], origin, wanted)
    takes_key = any(field.name == "api_key" for field in kind.credential.fields)
    if kind.authorizer and not takes_key:
        kind = dataclasses.replace(kind, authorizer=Granted(key))
    monkeypatch.setattr("providers.models.provider.stored_kind", lambda _slug: kind)
    project = make_project()
    values = {field.name: key for field in kind.credential.fields if field.name == "api_key"}
    required = {field.name: "some" for field in kind.fields if field.required}
    provider = make_provider(
        project,
        kind=slug,
        base_url=kind.base_url or origin,
        models=[model_id],
        secret=make_secret(project, kind=slug, values=values),
        config=_format(kind, wanted) | required | dict(config or {}),
    )
    if kind.has_login:
        make_login(provider, access_token=key)
    return provider


def _format(kind: Kind, wanted: Format) -> dict[str, str]:
    """Say the format where a kind's people do."""
    return {"format": wanted.value} if kind.listings_by_format else {}


def only_model(provider: Provider) -> ProviderModel:
    model = provider.models.select_related("provider__secret").get()
    model.kind = ModelKind(kind_by_name(model.upstream_id))
    model.provider = provider
    return model
