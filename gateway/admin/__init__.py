"""The pages of traffic: agents, models, grants, limits, cronjobs, and what routing does."""

from gateway.admin.access_grants import AccessGrantAdmin
from gateway.admin.agents import AgentAdmin
from gateway.admin.cronjobs import CronjobAdmin
from gateway.admin.limits import LimitAdmin
from gateway.admin.models import ModelAdmin
from gateway.admin.routing import ExplainedRoutingAdmin

__all__ = [
    "AccessGrantAdmin",
    "AgentAdmin",
    "CronjobAdmin",
    "ExplainedRoutingAdmin",
    "LimitAdmin",
    "ModelAdmin",
]
