"""Invitations: sent, resent, revoked; a link is never shown here, only mailed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.admin.answers import done
from accounts.admin.members import INVITE
from accounts.admin.pages import Pages, attempt, saved
from accounts.authority import may, require
from accounts.forms import InvitationForm
from accounts.models import Invitation, Role
from accounts.panels.people import UPDATE_OWNERS, invitation_rows
from accounts.refusals import QuotaExceeded, Refused
from accounts.services import invitations
from accounts.tenancy.current import current_project, principal_of


@admin.register(Invitation)
class InvitationAdmin(Pages):
    """Every invitation of the current project, or of all that one may see."""

    search_fields = ("email",)
    search_help_text = "Search by address"
    list_filter = ("role",)
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        listed = [url for url in super().get_urls() if str(url.name).endswith("_changelist")]
        return [
            *listed,
            self.page("add/", self.invite_view, "add"),
            self.button("<str:object_id>/resend/", self.resend_view, "resend"),
            self.page("<str:object_id>/revoke/", self.revoke_view, "revoke"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.fitting_projects(request, INVITE))

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("project", "invited_by")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            found = answer.context_data["cl"].result_list
            principal = principal_of(request)
            answer.context_data |= {
                "rows": invitation_rows(found, principal, now=timezone.now()),
                "shows_project": current_project(request) is None,
            }
        return answer

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for address and role; the link goes out by mail."""
        projects = self.admitted_projects(request, INVITE)
        principal = principal_of(request)
        gives_owner = any(may(principal, UPDATE_OWNERS, project=row) for row in projects)
        form = InvitationForm(request.POST or None, projects=projects, gives_owner=gives_owner)
        if request.method == "POST" and form.is_valid():
            sent = self._invited(request, form)
            if sent:
                return saved(request, sent, back=_members_url())
        return self.form_sheet(
            request,
            form,
            title="Invite somebody",
            lead="They get a mail with a link that works once, for 7 days.",
            verb="Send invitation",
            back_url=_members_url(),
            back_label="Members",
        )

    def resend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mail a new link; the old one opens nothing from now on."""
        invitation: Invitation = self.found(request, object_id)
        self.allow(request, "invitations:ResendInvitation", invitation)

        def act() -> HttpResponse:
            by, now = principal_of(request), timezone.now()
            sent = invitations.resend(invitation, by=by, now=now)
            return done(request, sent.sentence, back=_members_url())

        return attempt(request, act, back=_members_url())

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog; close the link on POST."""
        invitation: Invitation = self.found(request, object_id)
        self.allow(request, "invitations:RevokeInvitation", invitation)
        if request.method == "POST":

            def act() -> HttpResponse:
                invitation.revoke(by=principal_of(request), at=timezone.now())
                text = f"The invitation of {invitation.email} was revoked: its link is closed."
                return saved(request, text, back=_members_url())

            return attempt(request, act, back=_members_url())
        return self.form_sheet(
            request,
            None,
            title="Revoke the invitation?",
            lead=f"The link that {invitation.email} has for “{invitation.project}” opens nothing "
            "from then on. Invite them again whenever you like.",
            verb="Revoke invitation",
            verb_class="is-danger",
            back_url=_members_url(),
            back_label="Members",
        )

    def _invited(self, request: HttpRequest, form: InvitationForm) -> str:
        """Invite, and give what to say; empty where the form has an error to show."""
        values = form.cleaned_data
        require(principal_of(request), INVITE, project=values["project"])
        try:
            return invitations.invite(
                values["project"],
                email=values["email"],
                role=Role(values["role"]),
                by=principal_of(request),
                now=timezone.now(),
            ).sentence
        except Refused as error:
            form.add_error("role", error.message)
        except QuotaExceeded as error:
            form.add_error("email", str(error))
        except ValidationError as error:
            form.add_error(None if "email" not in _fields(error) else "email", error.messages[0])
        return ""


def _fields(error: ValidationError) -> set[str]:
    return set(error.message_dict) if hasattr(error, "error_dict") else set()


def _members_url() -> str:
    return reverse("admin:accounts_membership_changelist")
