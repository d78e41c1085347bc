from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from accounts.tenancy.writing import flag
from providers import tasks
from providers.api.serializers import (
    SecretDraftSerializer,
    SecretPatchSerializer,
    SecretSerializer,
)
from providers.api.serializers.credentials import credential_in
from providers.api.views.answers import at_their_fields
from providers.api.views.filters import SecretFilter
from providers.kinds.kind import Kind
from providers.kinds.registry import kind_for
from providers.models import Provider, Secret
from providers.services import secrets


class SecretViewSet(Impacts, Listing, Retrieving):
    """Credentials, without their values: those go in here and never come out."""

    queryset = Secret.objects.with_key()
    serializer_class = SecretSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = SecretFilter
    search_fields = ("name",)
    observed = ("lastUsedAt", "needsValue")
    query: ClassVar[Mapping[str, tuple[str, ...]]] = {"destroy": ("force",)}
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "secrets:ListSecrets",
        "retrieve": "secrets:GetSecret",
        "impact": "secrets:GetSecretImpact",
        "create": "secrets:CreateSecret",
        "partial_update": "secrets:UpdateSecret",
        "destroy": "secrets:DeleteSecret",
    }

    @describe(SecretDraftSerializer, {201: SecretSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = self.body(SecretDraftSerializer).validated_data
        kind: Kind = sent["provider"]
        values = _checked(credential_in(sent, kind), kind, base_url=sent["base_url"].strip())
        secret = Secret(
            project=self.project,
            name=sent["name"].strip(),
            kind=kind.slug,
            host=kind.host_of(base_url=sent["base_url"].strip()),
            expires_at=sent["expires_at"],
        )
        with at_their_fields():
            return self.create_row(
                lambda: secrets.add(secret, values, by=self.principal, now=timezone.now())
            )

    @describe(SecretPatchSerializer, {200: SecretSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(SecretPatchSerializer, partial=True).validated_data
        with at_their_fields():
            return self.change_row(lambda: self._change(sent))

    @describe(None, {204: None}, query={"force": "Delete the providers that use it as well."})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        force = flag(request, "force")
        remove = secrets.remove_with_providers if force else secrets.remove
        return self.delete_row(lambda: remove(self.target, by=self.principal), force=force)

    def _change(self, sent: Mapping[str, Any]) -> None:
        secret: Secret = self.target
        if "api_key" in sent or "credential" in sent:
            kind = kind_for(secret.kind)
            values = _checked(credential_in(sent, kind), kind)
            secrets.replace(secret, values, by=self.principal, now=timezone.now())
            tasks.check_soon(*Provider.objects.active().filter(secret=secret))
        if "name" in sent or "expires_at" in sent:
            name, end = sent.get("name", secret.name), sent.get("expires_at", secret.expires_at)
            secrets.change(secret, name=name, expires_at=end, by=self.principal)


def _checked(values: dict[str, str], kind: Kind, *, base_url: str | None = None) -> dict[str, str]:
    """Give a credential that the kind may have; raises ValidationError with each field's reason.

    With `base_url` the address that it is for is checked too.
    """
    entered = {name: value.strip() for name, value in values.items() if value.strip()}
    problems = kind.problems(base_url=base_url or "", credential=entered, config={})
    fields = {field.name for field in kind.credential.fields} | set(entered)
    fields |= {"base_url", "kind"} if base_url is not None else set()
    found = {name: said for name, said in problems.items() if name in fields}
    if not entered and not found:
        found["api_key"] = "Enter the value."
    if found:
        raise ValidationError(found)
    return entered
