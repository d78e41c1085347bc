"""Which notices went out by email, to whom, and why some did not; for owners."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from accounts.admin.pages import Pages
from accounts.models import DeliveryState, EmailDelivery
from accounts.tenancy.current import current_project


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in DeliveryState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(EmailDelivery)
class EmailDeliveryAdmin(Pages):
    list_filter = (StateFilter,)
    search_fields = ("user__email", "notice__message")
    search_help_text = "Person or what was told"
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if str(url.name).endswith("_changelist")]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("notice__project", "user")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data |= {
                "rows": answer.context_data["cl"].result_list,
                "shows_project": current_project(request) is None,
                "page_title": "Notices by email",
                "page_intro": "One mail for each person and notice, tried again for a day.",
                "back_url": reverse("admin:accounts_notice_changelist"),
                "back_label": "Notices",
            }
        return answer
