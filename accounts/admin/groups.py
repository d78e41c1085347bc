"""Groups: people who are granted objects together."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts import grants
from accounts.models import User
from accounts.services import groups
from accounts.tenancy.admin import ProjectAdmin, display
from accounts.tenancy.current import principal_of


class GroupForm(forms.ModelForm[Group]):
    """A group and its people, one address on each line."""

    people = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "ax-input"}),
        help_text="One email address on each line. They need an account first.",
    )

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            emails = User.objects.filter(groups=self.instance).values_list("email", flat=True)
            self.initial["people"] = "\n".join(emails)

    def clean_name(self) -> str:
        return groups.name_of(self.cleaned_data["name"])

    def clean_people(self) -> list[User]:
        return groups.people_at(self.cleaned_data["people"].split())


@admin.register(Group)
class GroupAdmin(ProjectAdmin):
    """For staff alone; what a group is granted counts for each of its people at once."""

    form = GroupForm
    fields = ("name", "people")
    list_display = ("name", "people")
    search_fields = ("name",)
    search_help_text = "Search by name"
    ordering = ("name",)
    change_form_outer_after_template = "admin/auth/group/_access.html"
    what_is_lost = "Its people lose what it was granted, from their next click on. They stay."

    @property
    def id_field(self) -> str:
        """A group's name is unique, and says more than a number."""
        return "name"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(size=Count("user"))

    @display(ordering="size")
    def people(self, group: Any) -> int:
        return group.size  # type: ignore[no-any-return]  # annotated above

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        groups.store(obj, form.cleaned_data["people"], by=principal_of(request))

    def get_deleted_objects(
        self, objs: Any, _request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count what it was granted: an object that is gone can't be named any more."""
        return [str(objs[0])], {"grants": grants.count_of(objs[0])}, set(), []

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        groups.remove(obj, by=principal_of(request))
