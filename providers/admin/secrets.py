"""Secrets: what is stored, who uses it, another value for it; never a look at the value."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from accounts.admin.pages import Listed, Removal, saved
from accounts.admin.seen import Seen
from accounts.tenancy.current import principal_of
from providers import tasks
from providers.forms.secret import ExpiryForm, ReplaceForm
from providers.kinds.registry import stored_kind
from providers.models import Provider, Secret
from providers.models.secret import SecretQuerySet
from providers.panels.secrets import secret_rows
from providers.services import secrets

_NAMED = 5


@admin.register(Secret)
class SecretAdmin(Listed):
    impact_right = "secrets:GetSecretImpact"
    panel = staticmethod(secret_rows)
    read_right = "secrets:GetSecret"
    change_right = "secrets:UpdateSecret"
    template = "providers/secret.html"
    form_template = "providers/_replace_secret.html"
    search_fields = ("name",)
    search_help_text = "Search by name"
    list_per_page = 100

    def get_urls(self) -> list[URLPattern]:
        """Leave Django's add page out: a secret comes with the provider that needs it."""
        return [
            self.page("<str:object_id>/replace/", self.replace_view, "replace"),
            self.page("<str:object_id>/expiry/", self.expiry_view, "expiry"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        visible = cast("SecretQuerySet", super().visible(request))
        return visible.with_key().prefetch_related("providers")

    def replace_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put another value in its place; what used the old one is to be tested anew."""
        secret: Secret = self.found(request, object_id)
        self.allow(request, "secrets:UpdateSecret", secret)
        form = ReplaceForm(request.POST or None, kind=stored_kind(secret.kind))
        seen = Seen.of(request, secret.value_updated_at)
        if request.method == "POST" and form.is_valid() and not seen.is_overtaken:
            by, now = principal_of(request), timezone.now()
            secrets.replace(secret, form.cleaned_data, by=by, now=now)
            tasks.check_soon(*Provider.objects.active().filter(secret=secret))
            text = f"{secret.name} has its new value. Test the models that use it."
            return saved(request, text, back=self.list_url)
        words = {"secret": secret, "title": f"Replace the value of {secret.name}"}
        return self.ask(request, form, seen=seen, **words | self.way_back(secret))

    def expiry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set the day on which the vendor stops taking it."""
        secret: Secret = self.found(request, object_id)
        self.allow(request, "secrets:UpdateSecret", secret)
        stored = {"expires_on": secret.expires_at.date() if secret.expires_at else None}
        form = ExpiryForm(request.POST or None, initial=stored)
        seen = Seen.of(request, stored)
        if request.method == "POST" and form.is_valid() and not seen.is_overtaken:
            secrets.set_expiry(secret, form.cleaned_data["expires_on"], by=principal_of(request))
            return saved(request, f"The expiry of {secret.name} is set.", back=self.list_url)
        return self.form_sheet(
            request,
            form,
            seen=seen,
            title=f"When does {secret.name} expire?",
            lead=_what_stops(secret),
            verb="Save",
            **self.way_back(secret),
        )

    def removal_of(self, request: HttpRequest, secret: Secret) -> Removal:
        row = secret_rows([secret], principal_of(request))[0]
        return Removal(
            action="secrets:DeleteSecret",
            title=f"Delete {secret.name}?",
            lead=row.refusal
            or f"The stored value of {secret.name} is gone for good. {row.kind_label} still knows "
            "the key: revoke it there too.",
            verb="Delete secret",
            remove=lambda: secrets.remove(secret, by=principal_of(request)),
            done=f"{secret.name} was deleted.",
        )


def _what_stops(secret: Secret) -> str:
    names = [provider.name for provider in secret.providers.all()]
    if not names:
        return "Nothing uses it now, so nothing stops with it."
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"From then on its vendor refuses it, and {shown}{more} can't be called."
