"""The wall in REST: whoever asks, rights come first, the body after."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, cast

from django.db.models import Model
from django.http import Http404
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import ApiKeyAuthentication, afresh
from accounts.api.pagination import Pages
from accounts.api.parsers import StrictJSONParser
from accounts.authority import may, require, stand_at
from accounts.models import ApiKey, Project, User
from accounts.permissions import Permission, permission_of, reading
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet, wall_of
from accounts.tenancy.writing import Writing


class ProjectViewSet(Writing):
    """A resource inside the wall.

    ``permissions`` names the permission of each action (``list``, ``retrieve``, ``test``…); an
    action without one does not answer. Before a body is validated: a list leaves out what one may
    not see, reading a hidden object is 404, writing without the permission is 403. Afterwards
    ``self.principal`` asks, ``self.project`` is the project of the request (a key's own; a
    session names it as ``projectId``, in the query or the body) and ``self.target`` the object.

    The right to actions ``on_project`` is asked for in the project of the request: there a shared
    object is used, not changed. ``query`` names what an action takes in its query beside that.
    """

    authentication_classes = (ApiKeyAuthentication, SessionAuthentication)
    confirms_keys: ClassVar = True
    permission_classes = (IsAuthenticated,)
    parser_classes = (StrictJSONParser,)
    pagination_class = Pages
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[A-Za-z0-9_]+"
    permissions: ClassVar[Mapping[str, str]] = {}
    on_project: ClassVar[frozenset[str]] = frozenset()
    query: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    names_project: ClassVar[bool] = True  # whether a session's body has to say whose it is
    filter_backends: Any = ()
    filterset_class: Any = None

    project: Project | None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.target = None
        self.principal = _confirmed(request)
        permission = self._permission()
        if self.kwargs.get(self.lookup_url_kwarg) is not None:
            self._admit_to_object(request, permission)
        else:
            self._admit_to_collection(request, permission)
        self.narrow()
        refuse_unknown(request, self._query_names(request, permission))
        again = self.prepare(request)
        if again is not None:
            self.post = lambda *_args, **_kwargs: again()

    def get_queryset(self) -> Any:
        """Give what the principal may see, in the project where one is named."""
        rows = super().get_queryset()
        if not isinstance(rows, WalledQuerySet):
            return rows  # staff's alone, as its permission says
        visible = rows.visible_to(self.principal)
        return visible.for_project(self.project) if self.project else visible

    def get_object(self) -> Any:
        """Give the object that `initial` has looked up and checked already."""
        return self.target

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if getattr(self, "swagger_fake_view", False):
            return context  # the schema is drawn without a request
        return context | {"principal": self.principal, "project": self.project}

    def _permission(self) -> Permission:
        action = self.permissions.get(self.action or "")
        if action is None:
            self.http_method_not_allowed(self.request)
        return permission_of(cast("str", action))

    def _admit_to_object(self, request: Request, permission: Permission) -> None:
        self.target = self.found_target()
        wall = wall_of(type(self.target))
        self.project = wall.project_of(self.target) if wall else self.principal.project
        if self.action in self.on_project:
            self._admit_to_use(request, permission)
            return
        if may(self.principal, permission.action, self.target):
            return
        if permission.is_read or not may(self.principal, self._reading_action(), self.target):
            raise Http404
        require(self.principal, permission.action, self.target)

    def _admit_to_use(self, request: Request, permission: Permission) -> None:
        if not may(self.principal, self._reading_action(), self.target):
            raise Http404
        self.project = (
            self.project or self.principal.project or self._named_project(request, permission)
        )
        require(self.principal, permission.action, project=self.project)

    def page_of(self, rows: Any) -> Response:
        """Answer with the page of the rows that was asked for."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response([self.said(row) for row in page or ()])

    def narrow(self) -> None:
        """Turn from the object that was admitted to, to the part of it that the address names."""

    def named_project(self) -> Project:
        """Give the project of the request; raises ValidationError where none is named."""
        if self.project is None:
            raise ValidationError({"projectId": ["Name the project."]})
        return self.project

    def found_target(self) -> Any:
        public_id = self.kwargs[self.lookup_url_kwarg]
        rows = super().get_queryset()
        if isinstance(rows, WalledQuerySet):
            rows = rows.inside_wall_of(self.principal)
        elif not self.principal.is_staff:
            raise Http404  # before it is looked for: that would take longer where there is one
        row: Model | None = rows.filter(**{self.lookup_field: public_id}).first()
        if row is None:
            raise Http404
        return row

    def reread(self) -> Any:
        return self.found_target()

    def _query_names(self, request: Request, permission: Permission) -> set[str]:
        names = {"projectId", *self.query.get(self.action or "", ())}
        if self.action == "impact":
            names |= {"force"}
        if request.method not in SAFE_METHODS:
            return names | {"dryRun"}
        if permission.is_list:
            names |= {"limit", "offset"}
            if SearchFilter in self.filter_backends:
                names |= {"search"}
            if self.filter_backends and self.filterset_class:
                names |= set(self.filterset_class.base_filters)
        return names

    def _reading_action(self) -> str:
        label = type(self.target)._meta.label_lower
        return self.permissions.get("retrieve") or reading(label).action

    def _admit_to_collection(self, request: Request, permission: Permission) -> None:
        self.project = self.principal.project or self._named_project(request, permission)
        if self.project or not permission.is_list or permission.lowest_role is None:
            require(self.principal, permission.action, project=self.project)

    def _named_project(self, request: Request, permission: Permission) -> Project | None:
        public_id = request.query_params.get("projectId")
        if public_id is None and self.names_project and not permission.is_read:
            public_id = _project_in(request.data)
        if public_id is None:
            return None
        project = Project.objects.visible_to(self.principal).filter(public_id=public_id).first()
        if project is None:
            raise Http404
        return project


def _confirmed(request: Request) -> Principal:
    """Build the principal of a key that still is as it was known; raises AuthenticationFailed.

    The one query brings what `may` asks for anyway: the roles of the key's creator.
    """
    principal = _principal_of(request)
    known = principal.key if principal.key and principal.key.is_from_memory else None
    if known is None or stand_at(principal) == known.epoch:
        return principal
    key = afresh(request)
    request.user, request.auth = key.created_by, key
    return _principal_of(request)


def _principal_of(request: Request) -> Principal:
    """Build the principal; a key that names another project than its own finds nothing there."""
    key = request.auth if isinstance(request.auth, ApiKey) else None
    project = key.project if key else None
    named = request.query_params.get("projectId")
    if project and named not in {None, project.public_id}:
        raise Http404
    return Principal(user=cast("User", request.user), project=project, key=key)


def refuse_unknown(request: Request, names: Collection[str]) -> None:
    """Refuse what nobody reads in the query: a filter that is mistyped must not filter nothing."""
    unknown = [name for name in request.query_params if name not in names]
    if unknown:
        raise ValidationError({name: ["There is no such parameter here."] for name in unknown})


def _project_in(body: Any) -> str | None:
    if not isinstance(body, dict):
        raise ParseError("The body is a JSON object.")
    if "projectId" not in body:
        raise ValidationError({"projectId": ["Name the project; null shares it with all."]})
    public_id = body["projectId"]
    if public_id is not None and not isinstance(public_id, str):
        raise ValidationError({"projectId": ["This is not an id."]})
    return public_id


class Listing(ProjectViewSet):
    """Adds ``GET`` of the list."""

    def list(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return self.page_of(self.filter_queryset(self.get_queryset()))


class Retrieving(ProjectViewSet):
    """Adds ``GET`` of one, with the ETag of its state."""

    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.one(self.target)
