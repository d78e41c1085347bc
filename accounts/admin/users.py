from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern

from accounts.admin.answers import done, leave
from accounts.admin.pages import Pages, attempt, moment
from accounts.models import User, UserStatus
from accounts.tasks import queue_password_link
from accounts.tenancy.admin import AdminPasswordChangeForm, PasswordInput, display
from accounts.tenancy.current import principal_of

_LOOKS = {UserStatus.ACTIVE: "success", UserStatus.INVITED: "info", UserStatus.SUSPENDED: "danger"}


class NewUserForm(forms.ModelForm[User]):
    """A person to be; without a password they are mailed a link to set one."""

    new_password = forms.CharField(
        label="Password",
        required=False,
        widget=PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Empty: they get a link by mail, and are “invited” until they have set one.",
    )

    class Meta:
        model = User
        fields = ("email", "name", "is_staff")

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password)
        return password

    def _post_clean(self) -> None:
        # Staff is two columns in the table and one tick for people.
        self.instance.is_superuser = bool(self.cleaned_data.get("is_staff"))
        if not self.cleaned_data.get("new_password"):
            self.instance.status = UserStatus.INVITED
        super()._post_clean()  # type: ignore[misc]  # Django's hook, missing in its stubs


class UserForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("email", "name", "is_staff")

    def _post_clean(self) -> None:
        self.instance.is_superuser = bool(self.cleaned_data.get("is_staff"))
        super()._post_clean()  # type: ignore[misc]  # Django's hook, missing in its stubs


@admin.register(User)
class UserAdmin(Pages):
    """People, for staff alone; suspending and passwords are buttons of their own."""

    form = UserForm
    list_display = ("email", "name", "state", "rank", "signed_in", "added")
    list_filter = ("status", "is_staff")
    search_fields = ("email", "name", "public_id")
    search_help_text = "Search by address or name"
    ordering = ("email",)
    readonly_fields: ClassVar = ("state", "in_projects", "in_groups", "signed_in", "added")
    change_form_outer_after_template = "admin/accounts/user/_buttons.html"
    what_is_lost = (
        "They can't sign in any more, and their keys stop. What they did stays on record."
    )
    change_list_template = "admin/accounts/user/change_list.html"

    @display(description="status", ordering="status", label=_LOOKS)
    def state(self, user: User) -> str:
        return user.status

    @display(description="rank", ordering="is_staff")
    def rank(self, user: User) -> str:
        return "staff" if user.is_staff else "—"

    @display(description="last sign-in", ordering="last_login")
    def signed_in(self, user: User) -> str:
        return moment(user.last_login)

    @display(description="added", ordering="created_at")
    def added(self, user: User) -> str:
        return moment(user.created_at)

    @display(description="projects")
    def in_projects(self, user: User) -> str:
        rows = user.memberships.select_related("project").order_by("project__name")
        return ", ".join(f"{row.project} ({row.role})" for row in rows) or "—"

    @display(description="groups")
    def in_groups(self, user: User) -> str:
        return ", ".join(user.groups.order_by("name").values_list("name", flat=True)) or "—"

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any
    ) -> Any:
        options["form"] = UserForm if obj else NewUserForm
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("email", "name", "new_password", "is_staff")
        return ("email", "name", "is_staff", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.begin(form.cleaned_data["new_password"], by=principal_of(request))
            if obj.status == UserStatus.INVITED:
                transaction.on_commit(lambda: queue_password_link(obj))
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if changes:
            User.objects.get(pk=obj.pk).change(by=principal_of(request), **changes)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        obj.remove(by=principal_of(request))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name memberships and keys: leaving a project has its own rule, asked when it is done."""
        person: User = objs[0]
        memberships = [str(row) for row in person.memberships.select_related("project", "user")]
        keys = [f"API key {key}" for key in person.api_keys.all()]
        counts = {"memberships": len(memberships), "API keys": len(keys)}
        return [str(person), *memberships, *keys], counts, set(), []

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<str:object_id>/password/", self.password_view, "password"),
            self.button("<str:object_id>/link/", self.link_view, "link"),
            self.page("<str:object_id>/suspend/", self.suspend_view, "suspend"),
            self.button("<str:object_id>/reactivate/", self.reactivate_view, "reactivate"),
            *super().get_urls(),
        ]

    def link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mail a link to set a password by."""
        person: User = self._admit(request, object_id, "change")
        back = self.address_of(person)

        def act() -> HttpResponse:
            with transaction.atomic():  # what is not queued is not on record
                person.ask_link(by=principal_of(request))
                queue_password_link(person)
            return done(request, f"A link to set a password goes to {person}.", back=back)

        return attempt(request, act, back=back)

    def suspend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog that says what stops; suspend on POST."""
        person: User = self._admit(request, object_id, "change")
        back = self.address_of(person)
        if request.method == "POST":

            def act() -> HttpResponse:
                person.suspend(by=principal_of(request))
                return leave(request, f"{person} is suspended: sign-in and keys stopped.", to=back)

            return attempt(request, act, back=back)
        return self.form_sheet(
            request,
            None,
            title=f"Suspend {person.get_full_name()}?",
            lead=f"{person} can't sign in, and their API keys stop at once. What they used stays "
            "on record, and reactivating brings all of it back.",
            verb="Suspend",
            verb_class="is-danger",
            back_url=back,
            back_label=str(person),
        )

    def reactivate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person: User = self._admit(request, object_id, "change")
        person.reactivate(by=principal_of(request))
        messages.success(request, f"{person} is active again, and so are their keys.")
        return redirect(self.address_of(person))

    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set somebody's password; they learn it from whoever set it."""
        person = self._admit(request, object_id, "change")
        form = AdminPasswordChangeForm(person, request.POST or None)
        form.fields.pop("usable_password", None)  # suspending is the way to keep somebody out
        if request.method == "POST" and form.is_valid():
            person.change_password(form.cleaned_data["password1"], by=principal_of(request))
            if person == request.user:
                update_session_auth_hash(request, person)
            messages.success(request, f"The password of {person} was set.")
            return redirect(self.address_of(person))
        context = self.admin_site.each_context(request) | {
            "title": f"Set the password of {person}",
            "page_title": f"Password of {person}",
            "form": form,
            "opts": self.opts,
            "back": self.address_of(person),
        }
        return TemplateResponse(request, "admin/accounts/user/password.html", context)
