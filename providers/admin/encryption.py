"""Encryption, for staff: where root keys come from, what stands under them, what is closed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.pages import Pages
from accounts.models import KeyEncryptionKey
from providers.services import encryption


@admin.register(KeyEncryptionKey)
class EncryptionAdmin(Pages):
    """To be read: keys are made on first use, and destroyed with their project."""

    search_fields = ("project__name", "root_fingerprint")
    search_help_text = "Search by project or root key"
    list_per_page = 50
    actions = None
    show_add_link = False
    ordering = ("project__name", "-version")

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if str(url.name).endswith("_changelist")]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("project")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """List the keys of every project, whatever the switcher says: they are one ring."""
        return self.visible(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            found = list(answer.context_data["cl"].result_list)
            answer.context_data |= {
                "state": encryption.state(),
                "rows": encryption.with_wrappers(found),
                "page_title": "Encryption",
                "page_intro": "Each secret has a key of its own, under its project's key, "
                "under a root key that is never in the database.",
            }
        return answer
