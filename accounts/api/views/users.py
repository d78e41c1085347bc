from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import User, UserStatus
from accounts.tasks import queue_password_link
from accounts.tenancy.views import Listing, Retrieving

# Invited is where one begins, not what one is made.
_SET = (UserStatus.ACTIVE, UserStatus.SUSPENDED)


class UserSerializer(CamelModelSerializer):
    """A person who signs in, without anything that they sign in by."""

    id = serializers.CharField(source="public_id")
    last_sign_in_at = serializers.DateTimeField(source="last_login", allow_null=True)

    class Meta:
        model = User
        fields = ("id", "email", "name", "status", "is_staff", "last_sign_in_at", "created_at")
        example = {
            "id": "usr_5gHj8KlQ2wErTy7U",
            "email": "ada@example.com",
            "name": "Ada",
            "status": "active",
            "isStaff": False,
            "lastSignInAt": "2026-11-20T09:00:00Z",
            "createdAt": "2026-11-01T09:00:00Z",
        }


class UserDraftSerializer(CamelSerializer):
    """A person to be; without a password they are mailed a link to set one."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    is_staff = serializers.BooleanField(required=False, default=False)
    password = serializers.CharField(
        max_length=128, required=False, write_only=True, trim_whitespace=False
    )

    class Meta:
        example = {"email": "ada@example.com", "name": "Ada"}


class UserPatchSerializer(UserDraftSerializer):
    """What is to be other; a suspended person's sign-in and keys stop at once."""

    status = serializers.ChoiceField([status.value for status in _SET], required=False)

    class Meta:
        example = {"status": "suspended"}


class UserFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    status = filters.ChoiceFilter(choices=UserStatus.choices)
    isStaff = filters.BooleanFilter(field_name="is_staff")  # noqa: N815 - as clients write it


class UserViewSet(Listing, Retrieving):
    """Everybody who has an account, for staff alone."""

    queryset = User.objects.order_by("email")
    serializer_class = UserSerializer
    filter_backends = (filters.DjangoFilterBackend, SearchFilter)
    filterset_class = UserFilter
    search_fields = ("email", "name", "public_id")
    observed = ("lastSignInAt",)
    names_project: ClassVar[bool] = False
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "users:ListUsers",
        "retrieve": "users:GetUser",
        "create": "users:CreateUser",
        "partial_update": "users:UpdateUser",
        "destroy": "users:DeleteUser",
        "send_password_link": "users:SendPasswordLink",
    }

    @describe(UserDraftSerializer, {201: UserSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = self.body(UserDraftSerializer).validated_data
        person = User(email=sent["email"], name=sent["name"].strip(), is_staff=sent["is_staff"])
        _check_password(sent, person)
        return self.create_row(lambda: self._add(person, sent.get("password")))

    @describe(UserPatchSerializer, {200: UserSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(UserPatchSerializer, partial=True).validated_data
        _check_password(sent, self.target)
        return self.change_row(lambda: self._change(dict(sent)))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: self.target.remove(by=self.principal))

    @describe(None, {200: UserSerializer})
    @action(detail=True, methods=["post"], url_path="send-password-link")
    def send_password_link(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        """Mail a link to set a password by; nobody is shown it."""
        return self.change_row(self._mail_link)

    def _add(self, person: User, password: str | None) -> User:
        person.begin(password, by=self.principal)
        if person.status == UserStatus.INVITED:
            transaction.on_commit(lambda: queue_password_link(person))
        return person

    def _change(self, sent: dict[str, Any]) -> None:
        password = sent.pop("password", None)
        person: User = self.target
        changed = {name: value for name, value in sent.items() if value != getattr(person, name)}
        if changed:
            person.change(by=self.principal, **changed)
        if password is not None:
            person.change_password(password, by=self.principal)

    def _mail_link(self) -> None:
        person: User = self.target
        person.ask_link(by=self.principal)
        transaction.on_commit(lambda: queue_password_link(person))


def _check_password(sent: Mapping[str, Any], person: User) -> None:
    if "password" not in sent:
        return
    try:
        validate_password(sent["password"], user=person)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
