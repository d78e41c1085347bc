import json
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from accounts.admin.pages import Listed, Removal
from accounts.forms import ApiKeyForm
from accounts.models import ApiKey
from accounts.panels.keys import REVOKE, key_rows
from accounts.tenancy.current import principal_of

CREATE = "apiKeys:CreateApiKey"


@admin.register(ApiKey)
class ApiKeyAdmin(Listed):
    """Keys of a project: made here, shown once, revoked; never changed."""

    create_right = CREATE
    intro = "Programs come in with these: over REST, and at the gateway."
    panel = staticmethod(key_rows)
    search_fields = ("name", "prefix", "public_id")
    search_help_text = "Search by name or start of the token"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", self.make_view, "add"),
            self.page("<str:object_id>/revoke/", self.revoke_view, "revoke"),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().visible(request).select_related("created_by", "project")

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Nothing of a key can be edited: its page shows it, and revokes it by a button."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one; nothing of it is edited."""
        key = self._admit(request, object_id or "", "change" if request.method == "POST" else None)
        row = key_rows([key], principal_of(request))[0]
        context = {
            "row": row,
            "policy": json.dumps(key.policy, indent=2) if key.policy is not None else "",
            "can_revoke": not row.menu[-1].reason,
            "page_title": key.name,
            "back_url": self.list_url,
            "back_label": "API keys",
        }
        if request.method == "POST":
            return self.show(request, "403.html", {}, status=HTTPStatus.FORBIDDEN)
        return self.show(request, "accounts/api_key.html", context)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what the key is for; its token stands in this one answer, and is stored nowhere."""
        projects = self.admitted_projects(request, CREATE)
        creator = principal_of(request).user
        form = ApiKeyForm(request.POST or None, projects=projects, creator=creator)
        if request.method == "POST" and form.is_valid():
            key = form.key()
            try:
                return self._shown_once(request, key, key.begin(by=principal_of(request)))
            except ValidationError as error:
                form.take_errors(error)
        return self.form_sheet(
            request,
            form,
            title="Make an API key",
            lead="Its token is shown once, right after. It never does more than you may, "
            "and stops when you are suspended.",
            verb="Make the key",
            back_url=self.list_url,
            back_label="API keys",
        )

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog; stop the key for good on POST."""
        key: ApiKey = self._admit(request, object_id, None)
        asked = Removal(
            action=REVOKE,
            title=f"Revoke {key.name}?",
            lead=f"What uses the token {key.prefix}… is refused from its next call on. "
            "A revoked key can't be brought back: make a new one.",
            verb="Revoke key",
            remove=lambda: key.revoke(by=principal_of(request), at=timezone.now()),
            done=f"{key} was revoked and works nowhere any more.",
            shows_impact=False,
        )
        return self.removal(request, key, asked)

    def _shown_once(self, request: HttpRequest, key: ApiKey, token: str) -> HttpResponse:
        context = {
            "key": key,
            "token": token,
            "title": f"API key {key.name}",
            "back_url": self.list_url,
        }
        answer = self.sheet(request, "accounts/_token.html", context)
        add_never_cache_headers(answer)
        return answer
