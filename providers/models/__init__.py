"""What a project reaches models with: secrets, providers, their models, and which one is active."""

from providers.health import Health
from providers.models.catalog import CatalogEntry
from providers.models.egress import EgressRule
from providers.models.health import HealthCheck
from providers.models.login import Login, LoginUse
from providers.models.login_attempt import LoginAttempt
from providers.models.monitoring import RoutingEvent
from providers.models.operation import Operation
from providers.models.probing import ProbeDay
from providers.models.provider import Provider, Status
from providers.models.provider_model import ModelKind, ProviderModel, TestStatus
from providers.models.routing import ProjectRouting
from providers.models.secret import Secret, SecretUse
from providers.models.terms import TermsAcceptance
from providers.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "CatalogEntry",
    "EgressRule",
    "Health",
    "HealthCheck",
    "Login",
    "LoginAttempt",
    "LoginUse",
    "ModelKind",
    "Operation",
    "ProbeDay",
    "ProjectRouting",
    "Provider",
    "ProviderModel",
    "RoutingEvent",
    "Secret",
    "SecretUse",
    "Status",
    "TermsAcceptance",
    "TestStatus",
    "Webhook",
    "WebhookDelivery",
]
