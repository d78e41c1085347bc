from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import grants
from accounts.api.pagination import Rows
from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.grants import Holder
from accounts.models import Project, User
from accounts.services import grants as verbs
from accounts.tenancy.objects import find
from accounts.tenancy.views import ProjectViewSet


class GrantSerializer(CamelSerializer):
    """What one person or one group may do with the object beyond their role."""

    user_id = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    verbs = serializers.ListField(child=serializers.ChoiceField(verbs.VERBS))

    class Meta:
        example = {
            "userId": "usr_5gHj8KlQ2wErTy7U",
            "group": None,
            "name": "ada@example.com",
            "verbs": ["view", "use"],
        }


class GrantDraftSerializer(CamelSerializer):
    """Whom to let do what: a person or a group; it takes a right of one's own to the same."""

    email = serializers.EmailField(required=False, help_text="The person's address.")
    group = serializers.CharField(required=False, max_length=150, help_text="The group's name.")
    verb = serializers.ChoiceField(verbs.VERBS)

    class Meta:
        example = {"email": "ada@example.com", "verb": "use"}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("email" in attrs) == ("group" in attrs):
            raise serializers.ValidationError({"email": "Name a person or a group."})
        return attrs


class GrantsViewSet(ProjectViewSet):
    """The object permissions of any one object, named by its id."""

    queryset = Project.objects.all()  # in the description alone: ids of every kind are found
    serializer_class = GrantSerializer
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "grants:ListGrants",
        "create": "grants:GiveGrant",
        "destroy": "grants:RevokeGrant",
        "destroy_of_group": "grants:RevokeGroupGrant",
    }

    def found_target(self) -> Any:
        return find(self.kwargs["id"], self.principal)

    def list(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.page_of(Rows(grants.given_on(self.target)))

    @describe(GrantDraftSerializer, {201: GrantSerializer})
    def create(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        sent = self.body(GrantDraftSerializer).validated_data
        return self.create_row(lambda: self._give(sent))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str, user_id: str, verb: str) -> Response:  # noqa: A002, ARG002
        self._refuse_missing(user_id, verb, is_group=False)
        return self._take_back(User.objects.get(public_id=user_id), verb)

    @describe(None, {204: None})
    def destroy_of_group(self, request: Request, id: str, group: str, verb: str) -> Response:  # noqa: A002, ARG002
        self._refuse_missing(group, verb, is_group=True)
        return self._take_back(Group.objects.get(name=group), verb)

    def said(self, row: Any) -> Mapping[str, Any]:
        if not isinstance(row, Holder):
            return {"grants": [self.said(holder) for holder in grants.given_on(row)]}
        return {
            "userId": None if row.is_group else row.public_id,
            "group": row.public_id if row.is_group else None,
            "name": row.name,
            "verbs": _verbs(row),
        }

    def _give(self, sent: Mapping[str, Any]) -> Holder:
        who = self._meant(sent)
        verbs.give(who, sent["verb"], self.target, by=self.principal)
        is_group = isinstance(who, Group)
        held = self._held(who.name if isinstance(who, Group) else who.public_id, is_group=is_group)
        return cast("Holder", held)

    def _meant(self, sent: Mapping[str, Any]) -> User | Group:
        if "group" in sent:
            return verbs.group_named(sent["group"], self.target, by=self.principal)
        person: User | None = User.objects.active().filter(email=sent["email"].lower()).first()
        if person is None:
            raise ValidationError({"email": "Nobody active has this address: invite them."})
        return person

    def _take_back(self, who: User | Group, verb: str) -> Response:
        return self.delete_row(lambda: verbs.take_back(who, verb, self.target, by=self.principal))

    def _refuse_missing(self, who: str, verb: str, *, is_group: bool) -> None:
        held = self._held(who, is_group=is_group)
        if held is None or verb not in _verbs(held):
            raise Http404

    def _held(self, who: str, *, is_group: bool) -> Holder | None:
        given = grants.given_on(self.target)
        fitting = (row for row in given if row.is_group == is_group and row.public_id == who)
        return next(fitting, None)


def _verbs(holder: Holder) -> list[str]:
    return holder.verbs.split(", ")
