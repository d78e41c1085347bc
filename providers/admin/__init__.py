"""The admin pages of providers, their models, secrets and what runs for them."""

from providers.admin.catalog import CatalogEntryAdmin
from providers.admin.egress import EgressRuleAdmin
from providers.admin.encryption import EncryptionAdmin
from providers.admin.models import ProviderModelAdmin
from providers.admin.operations import OperationAdmin
from providers.admin.provider import ProviderAdmin
from providers.admin.routing import RoutingAdmin
from providers.admin.secrets import SecretAdmin
from providers.admin.webhooks import WebhookAdmin

__all__ = [
    "CatalogEntryAdmin",
    "EgressRuleAdmin",
    "EncryptionAdmin",
    "OperationAdmin",
    "ProviderAdmin",
    "ProviderModelAdmin",
    "RoutingAdmin",
    "SecretAdmin",
    "WebhookAdmin",
]
