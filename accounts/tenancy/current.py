"""Which project a request is about, and who makes it."""

from typing import Final, cast

from django.http import Http404, HttpRequest

from accounts.models import ApiKey, Project, User
from accounts.principal import Principal

ALL_PROJECTS: Final = "all"

_SESSION_KEY: Final = "axiom_project"
_PARAMETER: Final = "project"
_PRINCIPAL: Final = "_axiom_principal"


def principal_of(request: HttpRequest) -> Principal:
    """Give the one principal of a signed-in request; it remembers roles and grants meanwhile.

    Its project is the current one. Raises Http404 for somebody who is not signed in: pages ask
    for a sign-in before they ask who it is.
    """
    known = getattr(request, _PRINCIPAL, None)
    if known is None:
        known = _principal(request)
        setattr(request, _PRINCIPAL, known)
    return cast("Principal", known)


def current_project(request: HttpRequest) -> Project | None:
    """Give the project of the request: its key's, else `?project=`, else the switcher's.

    None is everything that the person may see: they chose so, or there is no project for them.
    """
    return principal_of(request).project


def session_of(request: HttpRequest) -> str:
    """Name what a request is part of: a browser's session, or whatever one key does."""
    key = principal_of(request).key
    return f"key {key.public_id}" if key else f"session {request.session.session_key}"


def choose_project(request: HttpRequest, choice: str) -> Project | None:
    """Remember a choice of the switcher: a public id, or ALL_PROJECTS; a stranger's is a 404."""
    user = principal_of(request).user
    project = Project.objects.visible_to(user).filter(public_id=choice).first()
    if project is None and choice != ALL_PROJECTS:
        raise Http404
    request.session[_SESSION_KEY] = choice
    if hasattr(request, _PRINCIPAL):
        delattr(request, _PRINCIPAL)
    return project


def _principal(request: HttpRequest) -> Principal:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    key = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return Principal(user=user, project=key.project, key=key)
    return Principal(user=user, project=_chosen(request, user))


def _chosen(request: HttpRequest, user: User) -> Project | None:
    visible = Project.objects.visible_to(user)
    asked = request.GET.get(_PARAMETER, "")
    choice = asked or request.session.get(_SESSION_KEY, "")
    if choice == ALL_PROJECTS:
        return None
    chosen = visible.filter(public_id=choice).first() if choice else None
    if asked and chosen is None:
        raise Http404
    return chosen or visible.active().by_name().first()
