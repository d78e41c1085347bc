"""Members: who is in a project, with which role, and who is invited."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.admin.pages import Pages, attempt, saved
from accounts.admin.seen import Seen
from accounts.authority import may
from accounts.forms import RoleForm
from accounts.models import Invitation, Membership, Project, Role
from accounts.panels.people import REMOVE, UPDATE, UPDATE_OWNERS, invitation_rows, member_rows
from accounts.tenancy.current import current_project, principal_of

_MOST_INVITATIONS = 20
INVITE = "invitations:CreateInvitation"


@admin.register(Membership)
class MembershipAdmin(Pages):
    """The members of the current project, or of all that one may see."""

    search_fields = ("user__email", "user__name")
    search_help_text = "Search by name or address"
    list_filter = ("role",)
    list_per_page = 50
    actions = None
    show_add_link = False
    ordering = ("project__name", "user__email")

    def get_urls(self) -> list[URLPattern]:
        listed = [url for url in super().get_urls() if str(url.name).endswith("_changelist")]
        place = "<str:project_id>/<str:user_id>"
        return [
            *listed,
            self.page(f"{place}/role/", self.role_view, "role"),
            self.page(f"{place}/remove/", self.remove_view, "remove"),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("user", "project")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data |= self._people(request, answer.context_data["cl"])
        return answer

    def role_view(self, request: HttpRequest, project_id: str, user_id: str) -> HttpResponse:
        member = self._member(request, UPDATE, project_id, user_id)
        gives_owner = may(principal_of(request), UPDATE_OWNERS, project=member.project)
        stored = {"role": member.role}
        form = RoleForm(request.POST or None, initial=stored, gives_owner=gives_owner)
        seen = Seen.of(request, stored)
        if request.method == "POST" and form.is_valid() and not seen.is_overtaken:
            role = Role(form.cleaned_data["role"])

            def act() -> HttpResponse:
                member.change_role(role, by=principal_of(request))
                text = f"{member.user} is {role.label.lower()} of “{member.project}” now."
                return saved(request, text, back=_list_url())

            return attempt(request, act, back=_list_url())
        return self.form_sheet(
            request,
            form,
            seen=seen,
            title=f"Role of {member.user.get_full_name()}",
            lead=f"What they may do in “{member.project}”, from their next click on.",
            verb="Change role",
            **_way_back(),
        )

    def remove_view(self, request: HttpRequest, project_id: str, user_id: str) -> HttpResponse:
        member = self._member(request, REMOVE, project_id, user_id)
        if request.method == "POST":

            def act() -> HttpResponse:
                member.remove(by=principal_of(request))
                text = f"{member.user} is no member of “{member.project}” any more."
                return saved(request, text, back=_list_url())

            return attempt(request, act, back=_list_url())
        keys = member.project.api_keys.filter(created_by=member.user, revoked_at=None).count()
        return self.form_sheet(
            request,
            None,
            title=f"Remove {member.user.get_full_name()}?",
            lead=f"{member.user} can't open “{member.project}” any more. {_keys(keys)}"
            "What they did stays on record.",
            verb="Remove member",
            verb_class="is-danger",
            **_way_back(),
        )

    def _member(
        self, request: HttpRequest, action: str, project_id: str, user_id: str
    ) -> Membership:
        rows = self.visible(request).filter(project__public_id=project_id)
        member = cast("Membership | None", rows.filter(user__public_id=user_id).first())
        if member is None:
            raise Http404
        self.allow(request, action, member)
        return member

    def _people(self, request: HttpRequest, changes: Any) -> dict[str, Any]:
        principal, project = principal_of(request), current_project(request)
        asked = Invitation.objects.visible_to(principal).unanswered().with_people()
        if project:
            asked = asked.for_project(project)
        invitations = list(asked[: _MOST_INVITATIONS + 1])
        return {
            "rows": member_rows(list(changes.result_list), principal),
            "invitations": invitation_rows(
                invitations[:_MOST_INVITATIONS], principal, now=timezone.now()
            ),
            "has_more_invitations": len(invitations) > _MOST_INVITATIONS,
            "may_list_invitations": may(principal, "invitations:ListInvitations", project=project),
            "may_invite": bool(self.fitting_projects(request, INVITE)),
            "shows_project": project is None,
            "page_title": "Members",
            "page_intro": _intro(project, changes.result_count),
        }


def _intro(project: Project | None, count: int) -> str:
    people = "1 person" if count == 1 else f"{count} people"
    return f"Who works in {project}: {people}." if project else f"Who works where: {people}."


def _keys(count: int) -> str:
    if not count:
        return ""
    return "Their API key stops. " if count == 1 else f"Their {count} API keys stop. "


def _list_url() -> str:
    return reverse("admin:accounts_membership_changelist")


def _way_back() -> dict[str, str]:
    return {"back_url": _list_url(), "back_label": "Members"}
