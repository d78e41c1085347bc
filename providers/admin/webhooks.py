"""Webhooks: where notices are posted to, what has arrived, and the secret that signs them."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from accounts.admin.answers import done
from accounts.admin.pages import Listed, Removal, attempt, saved
from accounts.tenancy.current import principal_of
from providers import webhook_tasks
from providers.forms.webhook import WebhookForm
from providers.models import Webhook
from providers.panels.webhooks import DELETE, UPDATE, webhook_rows
from providers.services import webhooks

CREATE = "webhooks:CreateWebhook"
MOST_SHOWN = 50


@admin.register(Webhook)
class WebhookAdmin(Listed):
    create_right = CREATE
    intro = "Addresses of yours that notices are posted to, signed."
    panel = staticmethod(webhook_rows)
    form_template = "providers/_webhook_form.html"
    search_fields = ("name",)
    search_help_text = "Search by name"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", self.make_view, "add"),
            self.page("<str:object_id>/edit/", self.edit_view, "edit"),
            self.page("<str:object_id>/rotate/", self.rotate_view, "rotate"),
            self.button("<str:object_id>/test/", self.test_view, "test"),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("project")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> HttpResponse:
        """Show one, and what went there lately."""
        webhook: Webhook = self.found(request, object_id or "")
        self.allow(request, "webhooks:GetWebhook", webhook)
        if request.method == "POST":
            return self.show(request, "403.html", {}, status=HTTPStatus.FORBIDDEN)
        sent = webhook.deliveries.select_related("notice").order_by("-created_at", "-pk")
        context = {
            "row": webhook_rows([webhook], principal_of(request))[0],
            "deliveries": sent[:MOST_SHOWN],
            "page_title": webhook.name,
            "back_url": self.list_url,
            "back_label": "Webhooks",
        }
        return self.show(request, "providers/webhook.html", context)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Ask where to; its signing secret stands in this one answer."""
        projects = self.admitted_projects(request, CREATE)
        form = WebhookForm(request.POST or None, projects=projects, draft=webhooks.usual_draft())
        if request.method == "POST" and form.is_valid():
            project = form.cleaned_data["project"]
            try:
                made, secret = webhooks.add(form.draft(), project=project, by=principal_of(request))
                return self._shown_once(request, made, secret)
            except ValidationError as error:
                form.take_errors(error)
        words = {"title": "Add a webhook", "verb": "Add webhook", "back_url": self.list_url}
        return self.ask(request, form, **words)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change it; what waits goes to the new address."""
        webhook: Webhook = self.found(request, object_id)
        self.allow(request, UPDATE, webhook)
        draft = webhooks.draft_of(webhook)
        form = WebhookForm(request.POST or None, projects=[webhook.project], draft=draft)
        if request.method == "POST" and form.is_valid():
            try:
                webhooks.change(webhook, form.draft(), by=principal_of(request))
            except ValidationError as error:
                form.take_errors(error)
            else:
                return saved(request, f"{webhook} is saved.", back=self.address_of(webhook))
        return self.ask(
            request, form, title=f"Edit {webhook}", verb="Save", **self.way_back(webhook)
        )

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it another signing secret, shown once."""
        webhook: Webhook = self.found(request, object_id)
        self.allow(request, "webhooks:RotateWebhookSecret", webhook)
        if request.method == "POST":
            secret = webhooks.rotate(webhook, by=principal_of(request), now=timezone.now())
            return self._shown_once(request, webhook, secret)
        return self.form_sheet(
            request,
            None,
            title=f"Rotate the secret of {webhook}?",
            lead="It gets a new one, which is shown once. For a day each message is signed with "
            "both, so that you can change over without missing any.",
            verb="Rotate secret",
            **self.way_back(webhook),
        )

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a worker post a test; the webhook's page shows what came of it."""
        webhook: Webhook = self.found(request, object_id)
        self.allow(request, "webhooks:TestWebhook", webhook)
        return attempt(
            request, partial(self._test, request, webhook), back=self.address_of(webhook)
        )

    def removal_of(self, request: HttpRequest, webhook: Webhook) -> Removal:
        return Removal(
            action=DELETE,
            title=f"Delete {webhook}?",
            lead=f"Nothing is posted to {webhook.origin} any more, not even what waits.",
            verb="Delete webhook",
            remove=lambda: webhooks.remove(webhook, by=principal_of(request)),
            done=f"{webhook} was deleted.",
        )

    def _test(self, request: HttpRequest, webhook: Webhook) -> HttpResponse:
        delivery = webhooks.begin_test(webhook, by=principal_of(request), now=timezone.now())
        webhook_tasks.post_soon(delivery)
        text = f"A test is on its way to {webhook}. Its page shows what came of it."
        return done(request, text, back=self.address_of(webhook))

    def _shown_once(self, request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
        context = {
            "webhook": webhook,
            "token": secret,
            "title": f"Signing secret of {webhook}",
            "back_url": self.address_of(webhook),
        }
        answer = self.sheet(request, "providers/_webhook_secret.html", context)
        add_never_cache_headers(answer)
        return answer
