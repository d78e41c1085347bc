"""Models on an Ollama server over REST: what is there, pulling, deleting."""

from urllib.parse import unquote

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import Rows
from accounts.api.schema import describe
from accounts.refusals import ProviderFailed
from accounts.tenancy.views import ProjectViewSet
from providers import ollama_tasks
from providers.api.serializers import OperationSerializer
from providers.api.serializers.installed_models import (
    InstalledModelSerializer,
    PullSerializer,
)
from providers.api.views.answers import told
from providers.kinds.vocabulary import ListedModel
from providers.models import Provider
from providers.services import connections, ollama


class InstalledModels(ProjectViewSet):
    """What AiProviderViewSet answers about the models on a server of one's own."""

    target: Provider

    @describe(None, {200: InstalledModelSerializer(many=True)}, upstream=True)
    @action(
        detail=True,
        url_path="installed-models",
        serializer_class=InstalledModelSerializer,
        filterset_class=None,
        filter_backends=(),
    )
    def installed_models(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.page_of(Rows(_installed(self.target)))

    @describe(PullSerializer, {202: OperationSerializer})
    @installed_models.mapping.post  # type: ignore[untyped-decorator]  # the stubs type the first one alone
    def pull_model(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        name = self.body(PullSerializer).validated_data["model"]
        return self.begin_work(
            lambda: ollama_tasks.begin_pull(self.target, name, by=self.principal), tell=told
        )

    @describe(None, {202: OperationSerializer})
    @action(detail=True, methods=["delete"], url_path="installed-models/(?P<model>[^?]+)")
    def delete_installed_model(self, request: Request, id: str, model: str) -> Response:  # noqa: A002, ARG002
        name = unquote(model)
        return self.begin_work(
            lambda: ollama_tasks.begin_delete(self.target, name, by=self.principal), tell=told
        )


def _installed(provider: Provider) -> tuple[ListedModel, ...]:
    ollama.refuse_other(provider)
    try:
        return connections.live_models_of(provider, now=timezone.now()).models
    except connections.ListingEmpty:
        return ()
    except connections.ListingFailed as failure:
        raise ProviderFailed(str(failure)) from failure
