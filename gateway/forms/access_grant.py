"""The form of a grant: whom to let call what."""

from typing import Any, Final, cast

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from accounts.models import Project, User
from accounts.principal import Principal
from accounts.tenancy.fields import WalledChoiceField
from gateway.forms.told import ToldForm
from gateway.models import AccessGrant, Model
from providers.models import Provider

_SELECT = {"class": "ax-input ax-select"}
_NOBODY: Final = "—"


class AccessGrantForm(ToldForm):
    """Asks for one holder; what they are granted is known already."""

    user = WalledChoiceField(
        User.objects.none(),
        label="Person",
        required=False,
        empty_label=_NOBODY,
        widget=forms.Select(attrs=_SELECT),
        help_text="Their API keys may call it.",
    )
    group = forms.ModelChoiceField(
        Group.objects.none(),
        required=False,
        empty_label=_NOBODY,
        to_field_name="name",
        widget=forms.Select(attrs=_SELECT),
        help_text="Whoever is in it, now and later.",
    )
    project = WalledChoiceField(
        Project.objects.none(),
        required=False,
        empty_label=_NOBODY,
        widget=forms.Select(attrs=_SELECT),
        help_text="Every agent and every key of the project may call it.",
    )

    def __init__(self, data: Any = None, *, target: Model | Provider, principal: Principal) -> None:
        super().__init__(data, label_suffix="")
        self.target = target
        self._offer("user", _people(target.project))
        self._offer("project", _projects(target.project))
        if principal.is_staff:
            self._offer("group", Group.objects.order_by("name"))
        else:
            del self.fields["group"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        if sum(bool(value) for value in values.values()) != 1:
            raise ValidationError("Choose one: a person, a group or a project.")
        return values

    def grant(self) -> AccessGrant:
        """Give what was chosen, not stored yet; call it when the form is valid."""
        is_model = isinstance(self.target, Model)
        return AccessGrant(
            **self.cleaned_data, **{"model" if is_model else "provider": self.target}
        )

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows


def _people(home: Project | None) -> QuerySet[User]:
    people: QuerySet[User] = User.objects.active().order_by("email")
    return people.filter(memberships__project=home).distinct() if home else people


def _projects(home: Project | None) -> QuerySet[Project]:
    chosen = Q(pk=home.pk) if home else Q()
    return Project.objects.active().filter(chosen).by_name()
