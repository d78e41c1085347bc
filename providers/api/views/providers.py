from collections.abc import Mapping
from typing import ClassVar

from django.db import transaction
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.pagination import Rows
from accounts.api.schema import describe
from accounts.refusals import ProviderFailed, Unsupported
from accounts.tenancy.views import Listing, Retrieving
from providers import tasks
from providers.api.serializers import (
    AiProviderDraftSerializer,
    AiProviderPatchSerializer,
    AiProviderSerializer,
    ConnectionTestSerializer,
    LiveModelSerializer,
    OperationSerializer,
    ProviderModelDraftSerializer,
    ProviderModelSerializer,
    SeveralProvidersSerializer,
)
from providers.api.views import several, testing
from providers.api.views.answers import at_their_fields, told
from providers.api.views.filters import ProviderFilter, ProviderModelFilter
from providers.api.views.installed_models import InstalledModels
from providers.api.views.logins import Logins
from providers.kinds.kind import KindUnavailable
from providers.kinds.vocabulary import ListedModel, ListingUnsupported
from providers.models import Provider, ProviderModel
from providers.services import connections, drafts, model_lists, providers


class AiProviderViewSet(Logins, InstalledModels, Impacts, Listing, Retrieving):
    """The providers of a project, and those that staff share."""

    queryset = Provider.objects.select_related("project", "secret", "default_model").by_name()
    serializer_class = AiProviderSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = ProviderFilter
    search_fields = ("name",)
    observed = ("health",)
    shown_once = ("address", "wholeAddress", "userCode")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "aiProviders:ListAiProviders",
        "retrieve": "aiProviders:GetAiProvider",
        "impact": "aiProviders:GetAiProviderImpact",
        "create": "aiProviders:CreateAiProvider",
        "partial_update": "aiProviders:UpdateAiProvider",
        "destroy": "aiProviders:DeleteAiProvider",
        "test": "aiProviders:TestAiProvider",
        "check": "aiProviders:CheckAiProvider",
        "test_all": "aiProviders:TestAllAiProviders",
        "import_all": "aiProviders:ImportIntoAllAiProviders",
        "enable": "aiProviders:EnableAiProvider",
        "disable": "aiProviders:DisableAiProvider",
        "import_catalog": "aiProviders:ImportCatalog",
        "live_models": "aiProviders:ListLiveModels",
        "provider_models": "aiProviders:ListProviderModels",
        "installed_models": "aiProviders:ListInstalledModels",
        "pull_model": "aiProviders:PullModel",
        "delete_installed_model": "aiProviders:DeleteInstalledModel",
        "login": "aiProviders:GetLogin",
        "start_login": "aiProviders:StartLogin",
        "submit_login_code": "aiProviders:SubmitLoginCode",
        "renew_token": "aiProviders:RenewToken",
        "create_provider_model": "aiProviders:CreateProviderModel",
    }

    @describe(AiProviderDraftSerializer, {201: AiProviderSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        draft = self.body(AiProviderDraftSerializer).draft()
        with at_their_fields(draft.config):
            drafts.check(draft, project=self.project)
            return self.create_row(lambda: self._store(Provider(project=self.project), draft))

    @describe(AiProviderPatchSerializer, {200: AiProviderSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        draft = self.body(AiProviderPatchSerializer, partial=True).draft_over(self.target)
        with at_their_fields(draft.config):
            drafts.check(draft, project=self.project)
            return self.change_row(lambda: self._store(self.target, draft))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: providers.remove(self.target, by=self.principal))

    @describe(None, {200: AiProviderSerializer})
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self._set_enabled(enabled=True)

    @describe(None, {200: AiProviderSerializer})
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self._set_enabled(enabled=False)

    @describe(ConnectionTestSerializer, {202: OperationSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        body = self.body(ConnectionTestSerializer)
        model = testing.model_to_test(self.target, body.validated_data["model_id"])
        return self.begin_work(lambda: tasks.begin_test(model, by=self.principal), tell=told)

    @describe(None, {202: AiProviderSerializer})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        """Have its health checked now; the check is then the newest of the health checks."""
        return self.begin_work(
            lambda: tasks.begin_check(self.target), tell=lambda _: self.said(self.target)
        )

    @describe(SeveralProvidersSerializer, {202: OperationSerializer})
    @action(detail=False, methods=["post"], url_path="test-all")
    def test_all(self, request: Request) -> Response:  # noqa: ARG002
        """Test every enabled model; one operation counts how far they are."""
        return self._begin_on_several(several.TEST)

    @describe(SeveralProvidersSerializer, {202: OperationSerializer})
    @action(detail=False, methods=["post"], url_path="import-all")
    def import_all(self, request: Request) -> Response:  # noqa: ARG002
        """Import the catalog's models that are missing; one operation counts how far that is."""
        return self._begin_on_several(several.IMPORT)

    @describe(None, {202: OperationSerializer})
    @action(detail=True, methods=["post"], url_path="import-catalog")
    def import_catalog(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.begin_work(
            lambda: tasks.begin_import(self.target, by=self.principal), tell=told
        )

    @describe(None, {200: LiveModelSerializer(many=True)}, upstream=True)
    @action(
        detail=True,
        url_path="models",
        serializer_class=LiveModelSerializer,
        filterset_class=None,
        filter_backends=(),
    )
    def live_models(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.page_of(Rows(_live_models(self.target)))

    @describe(None, {200: ProviderModelSerializer(many=True)})
    @action(
        detail=True,
        url_path="provider-models",
        serializer_class=ProviderModelSerializer,
        filterset_class=ProviderModelFilter,
        search_fields=("upstream_id", "name"),
    )
    def provider_models(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        models = self.target.models.select_related("provider").in_form_order()
        return self.page_of(self.filter_queryset(models))

    @describe(ProviderModelDraftSerializer, {201: ProviderModelSerializer})
    @provider_models.mapping.post  # type: ignore[untyped-decorator]  # the stubs type the first one alone
    def create_provider_model(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        values = self.body(ProviderModelDraftSerializer).validated_data
        model = ProviderModel(provider=self.target, **values)
        return self.create_row(lambda: model_lists.add_custom(model, by=self.principal))

    def _store(self, provider: Provider, draft: drafts.ProviderDraft) -> Provider:
        stored = providers.store(provider, draft, by=self.principal, now=timezone.now())
        transaction.on_commit(lambda: tasks.check_soon(stored))
        return stored

    def _begin_on_several(self, errand: several.Errand) -> Response:
        named = self.body(SeveralProvidersSerializer).validated_data["provider_ids"]
        return self.begin_work(
            lambda: errand.begin_on(named, self.project, self.principal), tell=told
        )

    def _set_enabled(self, *, enabled: bool) -> Response:
        def act() -> None:
            providers.set_enabled(self.target, enabled=enabled, by=self.principal)
            if enabled:
                transaction.on_commit(lambda: tasks.check_soon(self.target))

        return self.change_row(act)


def _live_models(provider: Provider) -> tuple[ListedModel, ...]:
    try:
        return connections.live_models_of(provider, now=timezone.now()).models
    except connections.ListingFailed as failure:
        raise ProviderFailed(str(failure)) from failure
    except (ListingUnsupported, KindUnavailable) as error:
        raise Unsupported(str(error), code="model_listing_unsupported") from error
