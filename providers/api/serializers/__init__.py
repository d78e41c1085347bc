"""What providers and all that belongs to them look like over REST."""

from providers.api.serializers.models import (
    ProviderModelDraftSerializer,
    ProviderModelPatchSerializer,
    ProviderModelSerializer,
)
from providers.api.serializers.operations import OperationSerializer
from providers.api.serializers.providers import (
    AiProviderDraftSerializer,
    AiProviderPatchSerializer,
    AiProviderSerializer,
    ConnectionTestSerializer,
    LiveModelSerializer,
    SeveralProvidersSerializer,
)
from providers.api.serializers.reference import (
    CatalogChangeSerializer,
    CatalogEntrySerializer,
    change_told,
)
from providers.api.serializers.routing import (
    GameDayDraftSerializer,
    RoutingPatchSerializer,
    RoutingSerializer,
)
from providers.api.serializers.secrets import (
    SecretDraftSerializer,
    SecretPatchSerializer,
    SecretSerializer,
)

__all__ = [
    "AiProviderDraftSerializer",
    "AiProviderPatchSerializer",
    "AiProviderSerializer",
    "CatalogChangeSerializer",
    "CatalogEntrySerializer",
    "ConnectionTestSerializer",
    "GameDayDraftSerializer",
    "LiveModelSerializer",
    "OperationSerializer",
    "ProviderModelDraftSerializer",
    "ProviderModelPatchSerializer",
    "ProviderModelSerializer",
    "RoutingPatchSerializer",
    "RoutingSerializer",
    "SecretDraftSerializer",
    "SecretPatchSerializer",
    "SecretSerializer",
    "SeveralProvidersSerializer",
    "change_told",
]
