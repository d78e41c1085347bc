"""What depends on an object, over REST."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.impact import Effect, impact_of
from accounts.tenancy.views import ProjectViewSet
from accounts.tenancy.writing import flag


class DependentSerializer(CamelSerializer):
    id = serializers.CharField()
    name = serializers.CharField()
    note = serializers.CharField()


class DependentsSerializer(CamelSerializer):
    """Dependents of one sort: how many in all, 20 of them named, and how many are hidden."""

    what = serializers.CharField()
    role = serializers.CharField()
    effect = serializers.ChoiceField([effect.value for effect in Effect])
    count = serializers.IntegerField()
    named = DependentSerializer(many=True)
    hidden = serializers.IntegerField()


class UsageLatelySerializer(CamelSerializer):
    days = serializers.IntegerField()
    requests = serializers.IntegerField()
    cost = serializers.CharField(allow_null=True)
    unpriced_requests = serializers.IntegerField()


class ImpactSerializer(CamelSerializer):
    """What would become of everything that depends on an object if it went."""

    id = serializers.CharField()
    type = serializers.CharField()
    name = serializers.CharField()
    is_refused = serializers.BooleanField()
    refusals = serializers.ListField(child=serializers.CharField())
    dependents = DependentsSerializer(many=True)
    usage = UsageLatelySerializer(allow_null=True)

    class Meta:
        example = {
            "id": "sec_Zp81mVb6QwEr3Ty0",
            "type": "secret",
            "name": "OpenAI key",
            "isRefused": True,
            "refusals": [],
            "dependents": [
                {
                    "what": "providers",
                    "role": "secret",
                    "effect": "refuse",
                    "count": 1,
                    "named": [{"id": "aip_4fT9xQ2LmB7cVw1Z", "name": "OpenAI", "note": ""}],
                    "hidden": 0,
                }
            ],
            "usage": None,
        }


class Impacts(ProjectViewSet):
    """Adds ``GET …/impact``: the same answer as the admin's dialogs give."""

    @describe(None, {200: ImpactSerializer}, query={"force": "Count what refuses as going along."})
    @action(detail=True, filter_backends=(), filterset_class=None)
    def impact(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        force = flag(request, "force")
        found = impact_of(self.target, who=self.principal, now=timezone.now(), force=force)
        return Response(found.as_json())
