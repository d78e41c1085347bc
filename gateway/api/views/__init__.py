"""The views of agents, facades, grants, limits and cronjobs."""

from gateway.api.views.access_grants import AccessGrantViewSet
from gateway.api.views.agents import AgentViewSet
from gateway.api.views.cronjobs import CronjobViewSet
from gateway.api.views.limits import LimitViewSet
from gateway.api.views.models import ModelViewSet

__all__ = [
    "AccessGrantViewSet",
    "AgentViewSet",
    "CronjobViewSet",
    "LimitViewSet",
    "ModelViewSet",
]
