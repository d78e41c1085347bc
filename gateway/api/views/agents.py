from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from gateway import connecting
from gateway.api.serializers.agents import (
    AgentDraftSerializer,
    AgentPatchSerializer,
    AgentSerializer,
    ConnectionSerializer,
    IssuedAgentSerializer,
    RotationSerializer,
)
from gateway.api.views.answers import at_their_fields
from gateway.models import Agent, Routing
from gateway.services import agents
from providers.models.agent_types import AgentType


class AgentFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    agentType = filters.ChoiceFilter(field_name="agent_type", choices=AgentType.choices)  # noqa: N815 - as clients write it
    routing = filters.ChoiceFilter(choices=Routing.choices)


class AgentViewSet(Impacts, Listing, Retrieving):
    """The programs that come to the gateway, each with a token of its own."""

    queryset = Agent.objects.with_route().by_name()
    serializer_class = AgentSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = AgentFilter
    search_fields = ("name",)
    observed = ("lastSeenAt",)
    shown_once = ("token",)
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "agents:ListAgents",
        "retrieve": "agents:GetAgent",
        "impact": "agents:GetAgentImpact",
        "connection": "agents:GetAgentConnection",
        "create": "agents:CreateAgent",
        "partial_update": "agents:UpdateAgent",
        "rotate": "agents:RotateAgentToken",
        "destroy": "agents:DeleteAgent",
    }

    @describe(AgentDraftSerializer, {201: IssuedAgentSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        draft, project = self.body(AgentDraftSerializer).draft(), self.named_project()
        self.serializer_class = IssuedAgentSerializer
        with at_their_fields():
            return self.create_row(
                lambda: _with_token(*agents.add(draft, project=project, by=self.principal))
            )

    @describe(AgentPatchSerializer, {200: AgentSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        draft = self.body(AgentPatchSerializer, partial=True).draft_over(self.target)
        with at_their_fields():
            return self.change_row(lambda: agents.change(self.target, draft, by=self.principal))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: agents.remove(self.target, by=self.principal))

    @describe(RotationSerializer, {200: IssuedAgentSerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        overlap = self.body(RotationSerializer).overlap()
        self.serializer_class = IssuedAgentSerializer
        self.target.issued_token = None

        def act() -> None:
            now = timezone.now()
            token = agents.rotate(self.target, overlap=overlap, by=self.principal, now=now)
            self.target = _with_token(self.reread(), token)

        return self.change_row(act)

    @describe(None, {200: ConnectionSerializer})
    @action(detail=True, methods=["get"])
    def connection(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        agent: Agent = self.target
        url = connecting.address_for(agent.pinned_url, settings.GATEWAY_URL)
        texts = (*connecting.for_client(agent.agent_type, url), *connecting.for_programs(url))
        told = {"gateway_url": url, "snippets": texts, "last_seen_at": agent.last_seen_at}
        return Response(ConnectionSerializer(told).data)


def _with_token(agent: Any, token: str) -> Agent:
    agent.issued_token = token  # carried to the answer, and no further
    found: Agent = agent
    return found
