"""REST operations on providers and what belongs to them: load, call one service, answer."""

from providers.api.views.catalog import CatalogViewSet
from providers.api.views.egress import EgressRuleViewSet
from providers.api.views.health import HealthChecksViewSet, RoutingEventsViewSet
from providers.api.views.models import ProviderModelViewSet
from providers.api.views.operations import OperationViewSet
from providers.api.views.providers import AiProviderViewSet
from providers.api.views.routing import RoutingViewSet
from providers.api.views.secrets import SecretViewSet
from providers.api.views.webhooks import WebhookViewSet

__all__ = [
    "AiProviderViewSet",
    "CatalogViewSet",
    "EgressRuleViewSet",
    "HealthChecksViewSet",
    "OperationViewSet",
    "ProviderModelViewSet",
    "RoutingEventsViewSet",
    "RoutingViewSet",
    "SecretViewSet",
    "WebhookViewSet",
]
