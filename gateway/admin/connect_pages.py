"""How an agent's client is told to come here, and the tick when its first request has come."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.admin.pages import Pages, saved
from accounts.authority import may
from accounts.tenancy.current import principal_of
from gateway import connecting
from gateway.models import Agent
from gateway.services import agents


class AddressForm(forms.Form):
    """Asks for the hostname that the agent's clients use."""

    pinned_url = forms.CharField(
        max_length=200,
        required=False,
        label="Gateway address",
        widget=forms.TextInput(attrs={"class": "ax-input ax-mono", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        super().__init__(data, initial={"pinned_url": agent.pinned_url}, label_suffix="")
        field = self.fields["pinned_url"]
        field.help_text = f"Empty: {settings.GATEWAY_URL}, the installation's own."


class ConnectPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<str:object_id>/connect/", require_safe(self.connect_view), "connect"),
            self.page("<str:object_id>/seen/", require_safe(self.seen_view), "seen"),
            self.page("<str:object_id>/address/", self.address_view, "address"),
            *super().get_urls(),
        ]

    def connect_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show configuration that is complete but for the token, which nobody can look up."""
        agent: Agent = self.found(request, object_id)
        self.allow(request, "agents:GetAgentConnection", agent)
        url = connecting.address_for(agent.pinned_url, settings.GATEWAY_URL)
        token = agent.token
        context = {
            "agent": agent,
            "gateway_url": url,
            "token_line": connecting.token_line(token.prefix if token else "axa_"),
            "own": connecting.for_client(agent.agent_type, url),
            "programs": connecting.for_programs(url),
            "may_pin": may(principal_of(request), "agents:UpdateAgent", agent),
            "page_title": f"Connect {agent.name}",
            "back_url": self.address_of(agent),
            "back_label": agent.name,
        }
        return self.show(request, "gateway/connect.html", context)

    def seen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell whether its first request has come; the page asks until it has."""
        agent: Agent = self.found(request, object_id)
        self.allow(request, "agents:GetAgentConnection", agent)
        answer = render(request, "gateway/_seen.html", {"agent": agent})
        add_never_cache_headers(answer)
        return answer

    def address_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pin the hostname that stands in this agent's configuration."""
        agent: Agent = self.found(request, object_id)
        self.allow(request, "agents:UpdateAgent", agent)
        form = AddressForm(request.POST or None, agent=agent)
        back = self.address_of(agent, "connect")
        if request.method == "POST" and form.is_valid():
            try:
                agents.pin_url(agent, form.cleaned_data["pinned_url"], by=principal_of(request))
            except ValidationError as error:
                form.add_error("pinned_url", error.messages)
            else:
                return saved(request, "The address is set in every snippet here.", back=back)
        return self.form_sheet(
            request,
            form,
            title=f"Where does {agent.name} reach the gateway?",
            lead="A hostname of your own, where clients come through a proxy or another name.",
            verb="Save",
            back_url=back,
            back_label=agent.name,
        )
