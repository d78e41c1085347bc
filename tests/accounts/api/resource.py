"""A resource of the tests' own, with an action of each sort, at addresses of its own."""

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import ApiKey, Project
from accounts.tenancy.fields import ProjectField
from accounts.tenancy.views import ProjectViewSet


class KeySerializer(CamelModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    project_id = serializers.CharField(source="project.public_id", read_only=True)

    class Meta:
        model = ApiKey
        fields = ("id", "project_id", "name", "expires_at")


class DraftSerializer(CamelSerializer):
    id = serializers.CharField(read_only=True)
    project_id = ProjectField(
        Project.objects.all(), required=False, allow_null=True, source="project"
    )
    name = serializers.CharField(max_length=100)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    like_key_id = ProjectField(ApiKey.objects.all(), required=False, source="like")


class KeyViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, ProjectViewSet):
    queryset = ApiKey.objects.select_related("project").order_by("name")
    serializer_class = KeySerializer
    raises: Exception | None = None
    permissions = {
        "list": "apiKeys:ListApiKeys",
        "retrieve": "apiKeys:GetApiKey",
        "create": "apiKeys:CreateApiKey",
        "revoke": "apiKeys:RevokeApiKey",
        "fail": "apiKeys:ListApiKeys",
    }

    def create(self, request):
        draft = DraftSerializer(data=request.data, context=self.get_serializer_context())
        draft.is_valid(raise_exception=True)
        return Response({"got": sorted(draft.validated_data), "project": str(self.project)})

    @action(detail=True, methods=["post"])
    def revoke(self, _request, id):  # noqa: A002, ARG002 - the route's word
        return Response({"revoked": self.target.public_id})

    @action(detail=False)
    def fail(self, _request):
        raise type(self).raises


class Router(SimpleRouter):
    def __init__(self):
        super().__init__(trailing_slash=False)
        self.register("keys", KeyViewSet, basename="key")


urlpatterns = Router().urls
