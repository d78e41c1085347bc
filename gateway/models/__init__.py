"""Who calls, under which names, and who may: agents, facades, grants, limits and cronjobs."""

from gateway.models.access_grant import AccessGrant
from gateway.models.agent import Agent, AgentToken, Routing
from gateway.models.cronjob import Cronjob, Overlap, PinPolicy
from gateway.models.cronjob_run import CronjobRun, RunState, Trigger
from gateway.models.facade import BackendDraft, Model, ModelBackend, ModelStatus
from gateway.models.limit import Limit

__all__ = [
    "AccessGrant",
    "Agent",
    "AgentToken",
    "BackendDraft",
    "Cronjob",
    "CronjobRun",
    "Limit",
    "Model",
    "ModelBackend",
    "ModelStatus",
    "Overlap",
    "PinPolicy",
    "Routing",
    "RunState",
    "Trigger",
]
