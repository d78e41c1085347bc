"""The addresses of projects and people under /api/v1/."""

from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.api.views.api_keys import ApiKeyViewSet
from accounts.api.views.audit import AuditViewSet
from accounts.api.views.audit_verification import AuditVerificationViewSet
from accounts.api.views.calendar import CalendarFeedViewSet, ExpiriesViewSet
from accounts.api.views.email_deliveries import EmailDeliveryViewSet
from accounts.api.views.grants import GrantsViewSet
from accounts.api.views.groups import GroupViewSet
from accounts.api.views.invitations import InvitationViewSet
from accounts.api.views.members import MembersViewSet
from accounts.api.views.notices import NoticeChoicesViewSet, NoticeViewSet
from accounts.api.views.permissions import PermissionsViewSet
from accounts.api.views.projects import ProjectsViewSet
from accounts.api.views.users import UserViewSet

router = SimpleRouter(trailing_slash=False)
router.register("projects", ProjectsViewSet, basename="project")
router.register("invitations", InvitationViewSet, basename="invitation")
router.register("api-keys", ApiKeyViewSet, basename="api-key")
router.register("users", UserViewSet, basename="user")
router.register("groups", GroupViewSet, basename="group")
router.register("notices", NoticeViewSet, basename="notice")
router.register("expiries", ExpiriesViewSet, basename="expiry")
router.register("email-deliveries", EmailDeliveryViewSet, basename="email-delivery")
router.register("audit", AuditViewSet, basename="audit")

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_MEMBER: dict[str, Any] = {"patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    # Above the event of that id.
    path(
        "audit/verification",
        AuditVerificationViewSet.as_view({"get": "found", "post": "verify"}),
        name="audit-verification",
    ),
    *router.urls,
    path(
        "projects/<str:id>/calendar-feed",
        CalendarFeedViewSet.as_view({"get": "retrieve", "post": "rotate", "delete": "destroy"}),
        name="project-calendar-feed",
    ),
    path(
        "projects/<str:id>/notice-choices",
        NoticeChoicesViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="notice-choices",
    ),
    path("projects/<str:id>/members", MembersViewSet.as_view(_LIST), name="members"),
    path("projects/<str:id>/members/<str:user_id>", MembersViewSet.as_view(_MEMBER), name="member"),
    path("objects/<str:id>/grants", GrantsViewSet.as_view(_LIST), name="grants"),
    path(
        "objects/<str:id>/grants/<str:user_id>/<str:verb>",
        GrantsViewSet.as_view({"delete": "destroy"}),
        name="grant",
    ),
    path(
        "objects/<str:id>/group-grants/<str:group>/<str:verb>",
        GrantsViewSet.as_view({"delete": "destroy_of_group"}),
        name="group-grant",
    ),
    path("permissions", PermissionsViewSet.as_view({"get": "matrix"}), name="permissions"),
    path(
        "permissions/explain", PermissionsViewSet.as_view({"post": "explain"}), name="explanation"
    ),
]
