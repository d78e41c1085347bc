"""What people fill in who are not in yet, and what members fill in to let them in."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import Project, Role, User
from accounts.tenancy.fields import WalledChoiceField

_NEW = {"class": "ax-input", "autocomplete": "new-password"}


class ReturningForm(forms.Form):
    """The password of an account that exists."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(
            attrs={"class": "ax-input", "autocomplete": "current-password", "autofocus": True}
        ),
    )


class NewPasswordForm(forms.Form):
    """A password for somebody, checked by the rules that all passwords pass."""

    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs=_NEW), help_text="At least 8 characters."
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        typed_name = str(self.cleaned_data.get("name", ""))
        validate_password(password, user=User(email=self.email, name=typed_name))
        return password


class NewcomerForm(NewPasswordForm):
    """A name and a password: an account to be."""

    name = forms.CharField(
        max_length=150,
        widget=forms.TextInput(
            attrs={"class": "ax-input", "autocomplete": "name", "autofocus": True}
        ),
    )
    field_order = ("name", "password")


class EmailForm(forms.Form):
    """The address to which a link for a new password goes."""

    email = forms.EmailField(
        widget=forms.EmailInput(
            attrs={"class": "ax-input", "autocomplete": "username", "autofocus": True}
        )
    )


class RoleForm(forms.Form):
    """A role that the person who fills this in may give."""

    role = forms.ChoiceField(widget=forms.Select(attrs={"class": "ax-input ax-select"}))

    def __init__(self, *args: Any, gives_owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["role"])
        field.choices = [
            (role.value, f"{role.label}: {_MEANINGS[role]}")
            for role in reversed(Role)
            if gives_owner or role != Role.OWNER
        ]


class InvitationForm(RoleForm):
    """Whom to invite, as what, and into which of the projects where one may."""

    email = forms.EmailField(
        widget=forms.EmailInput(
            attrs={"class": "ax-input", "autocomplete": "off", "autofocus": True}
        )
    )
    project = WalledChoiceField(
        Project.objects.none(),
        widget=forms.Select(attrs={"class": "ax-input ax-select"}),
        empty_label=None,
    )
    field_order = ("email", "role", "project")

    def __init__(self, *args: Any, projects: Sequence[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        self.initial.setdefault("project", projects[0])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()


_MEANINGS = {
    Role.VIEWER: "sees, and calls models",
    Role.EDITOR: "adds and changes providers",
    Role.ADMIN: "also members, API keys, deleting",
    Role.OWNER: "everything, and who owns it",
}
