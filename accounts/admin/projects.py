from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, ProtectedError, QuerySet, RestrictedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from accounts.admin.pages import Pages, moment
from accounts.models import Membership, Project, Role, User
from accounts.refusals import Refused
from accounts.tenancy.admin import ProjectInline, UnfoldAdminTextInputWidget, display
from accounts.tenancy.current import principal_of

_LOOKS = {"active": "success", "archived": "info"}


class MembershipForm(forms.ModelForm[Membership]):
    """A member: somebody new is named by email, so that no list of all people is shown."""

    email = forms.EmailField(widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))

    class Meta:
        model = Membership
        fields = ("role",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("email", "Email"), ("role", "Role")):
            if name in self.fields:
                self.fields[name].widget.attrs["aria-label"] = label
        if self.instance.pk:
            self.fields["email"].disabled = True
            self.initial["email"] = self.instance.user.email

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if self.instance.pk is None:
            person = User.objects.active().filter(email=email).first()
            if person is None:
                raise forms.ValidationError(
                    "Nobody active has this address: ask staff to add them."
                )
            self.instance.user = person
        return email


class MembershipInline(ProjectInline):
    model = Membership
    form = MembershipForm
    fields = ("email", "role")
    verbose_name = "member"
    verbose_name_plural = "members"
    rights: ClassVar = {
        "view": "members:ListMembers",
        "add": "members:AddMember",
        "change": "members:UpdateMembers",
        "delete": "members:RemoveMember",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "project")  # type: ignore[no-any-return]  # Unfold is untyped


@admin.register(Project)
class ProjectsAdmin(Pages):
    """Projects and who is in them; archiving and deleting are buttons of their own."""

    impact_right = "projects:GetProjectImpact"
    list_display = ("name", "slug", "members", "state", "created")
    list_filter = ("is_archived",)
    search_fields = ("name", "slug", "public_id")
    search_help_text = "Search by name or slug"
    fields = ("name", "slug", "state", "created")
    readonly_fields = ("slug", "state", "created")
    inlines = (MembershipInline,)
    change_form_outer_after_template = "admin/accounts/project/_archive.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        """List every project that one may see: the switcher chooses among them, not here."""
        return self.visible(request)

    def visible(self, request: HttpRequest) -> QuerySet[Project]:
        rows: QuerySet[Project] = super().visible(request)
        return rows.annotate(member_count=Count("memberships"))

    @display(description="Status", ordering="is_archived", label=_LOOKS)
    def state(self, project: Project) -> str:
        return "archived" if project.is_archived else "active"

    @display(description="Created", ordering="created_at")
    def created(self, project: Project) -> str:
        return moment(project.created_at)

    @display(ordering="member_count")
    def members(self, project: Any) -> int:
        return project.member_count  # type: ignore[no-any-return]  # annotated above

    def get_fields(self, request: HttpRequest, obj: Project | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("name",)

    def get_inline_instances(self, request: HttpRequest, obj: Project | None = None) -> list[Any]:
        """Title a member's row with the address where the form does not show it."""
        inlines: list[Any] = [*super().get_inline_instances(request, obj)] if obj else []
        for inline in inlines:
            inline.hide_title = inline.has_change_permission(request, obj)
        return inlines

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        principal = principal_of(request)
        if not change:
            obj.begin(owner=principal.user, by=principal)
        elif form.changed_data:
            obj.rename(obj.name, by=principal)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each change through the member's own rules; one refusal undoes them all."""
        principal, project = principal_of(request), form.instance
        formset.save(commit=False)
        for member in formset.new_objects:
            Membership.objects.add(project, member.user, Role(member.role), by=principal)
        for member, _ in formset.changed_objects:
            stored = Membership.objects.select_related("user", "project").get(pk=member.pk)
            stored.change_role(Role(member.role), by=principal)
        for member in formset.deleted_objects:
            member.remove(by=principal)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.button("<str:object_id>/archive/", self.archive_view, "archive"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Archive a project, or restore it."""
        project: Project = self._admit(request, object_id, "change")
        if project.is_archived:
            project.restore(by=principal_of(request))
            messages.success(request, f"“{project}” is open again.")
        else:
            project.archive(by=principal_of(request))
            messages.success(request, f"“{project}” is archived: its keys have stopped.")
        return redirect(self.address_of(project))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete for the typed name, outside a transaction: the key goes before the rows."""
        project: Project = self._admit(request, object_id, "delete")
        error = ""
        if request.method == "POST":
            try:
                project.shred_and_delete(
                    typed_name=request.POST.get("typed_name", ""), by=principal_of(request)
                )
            except Refused as refusal:
                error = refusal.message
            except (ProtectedError, RestrictedError):
                error = "Something outside this project still needs a part of it."
            else:
                messages.success(request, f"“{project}” was deleted, and its key destroyed.")
                return redirect(reverse("admin:accounts_project_changelist"))
        context = self.admin_site.each_context(request) | {
            "title": f"Delete {project}",
            "page_title": f"Delete {project}?",
            "project": project,
            "impact": self.impact_of(request, project),
            "error": error,
            "opts": self.opts,
            "back": self.address_of(project),
        }
        return TemplateResponse(
            request, "admin/accounts/project/delete.html", context | (extra_context or {})
        )
