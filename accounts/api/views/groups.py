from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import User
from accounts.services import groups
from accounts.tenancy.views import Listing, Retrieving


class GroupSerializer(CamelModelSerializer):
    """People who are granted objects together; a group is known by its name."""

    people = serializers.SerializerMethodField()

    class Meta:
        model = Group
        fields = ("name", "people")
        example = {"name": "Evaluation team", "people": ["ada@example.com"]}

    def get_people(self, group: Group) -> list[str]:
        return [user.email for user in group.user_set.all()]


class GroupDraftSerializer(CamelSerializer):
    """A name, and the addresses of people who have an account."""

    name = serializers.CharField(max_length=150)
    people = serializers.ListField(
        child=serializers.EmailField(), required=False, default=list, max_length=1000
    )

    class Meta:
        example = {"name": "Evaluation team", "people": ["ada@example.com"]}


class GroupPatchSerializer(GroupDraftSerializer):
    """Another name, or other people: all of them, for the list is put in place of the old one."""

    class Meta:
        example = {"people": ["ada@example.com", "grace@example.com"]}


class GroupViewSet(Listing, Retrieving):
    """Groups, for staff alone; what a group is granted counts for each of its people at once."""

    queryset = Group.objects.order_by("name").prefetch_related(
        Prefetch("user_set", User.objects.order_by("email"))
    )
    serializer_class = GroupSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    filter_backends = (SearchFilter,)
    search_fields = ("name",)
    names_project: ClassVar[bool] = False
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "groups:ListGroups",
        "retrieve": "groups:GetGroup",
        "create": "groups:CreateGroup",
        "partial_update": "groups:UpdateGroup",
        "destroy": "groups:DeleteGroup",
    }

    @describe(GroupDraftSerializer, {201: GroupSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = self.body(GroupDraftSerializer).validated_data
        return self.create_row(lambda: self._store(Group(), sent))

    @describe(GroupPatchSerializer, {200: GroupSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(GroupPatchSerializer, partial=True).validated_data
        return self.change_row(lambda: self._change(sent))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: groups.remove(self.target, by=self.principal))

    def _change(self, sent: Mapping[str, Any]) -> None:
        emails = [user.email for user in self.target.user_set.all()]
        self.target = self._store(self.target, {"name": self.target.name, "people": emails, **sent})

    def _store(self, group: Group, sent: Mapping[str, Any]) -> Group:
        try:
            people = groups.people_at(sent["people"])
        except ValidationError as error:
            raise ValidationError({"people": error.messages}) from error
        group.name = sent["name"]
        groups.store(group, people, by=self.principal)
        stored: Group = self.queryset.get(pk=group.pk)
        return stored
