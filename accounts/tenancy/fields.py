"""The wall in forms and serializers: an id from a request is looked up inside it."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from rest_framework import serializers

from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet


class WalledChoiceField(forms.ModelChoiceField[Any]):
    """A picker whose values are public ids; give it a queryset that was walled already."""

    def __init__(self, queryset: QuerySet[Any], **options: Any) -> None:
        super().__init__(queryset, **options | {"to_field_name": "public_id"})

    def prepare_value(self, value: Any) -> Any:
        """Show a stored value, which a form holds by its primary key, by its public id."""
        if isinstance(value, Model):
            return cast("Any", value).public_id
        if isinstance(value, int) and self.queryset is not None:
            return self.queryset.filter(pk=value).values_list("public_id", flat=True).first()
        return value


class ProjectField(serializers.SlugRelatedField[Any]):
    """A public id in a request's body, looked up among what the principal may see.

    A stranger's object answers as one that does not exist. The serializer's context holds
    ``principal``, and ``project`` where the id must be of that project or shared with it.
    """

    default_error_messages = {"does_not_exist": "There is no such object here."}

    def __init__(self, queryset: WalledQuerySet[Any] | None = None, **options: Any) -> None:
        if queryset is not None:
            options["queryset"] = queryset
        super().__init__(slug_field="public_id", **options)

    def get_queryset(self) -> Any:
        rows = cast("WalledQuerySet[Any]", super().get_queryset())
        principal: Principal = self.context["principal"]
        visible = rows.visible_to(principal)
        project = self.context.get("project")
        return visible.for_project(project) if project else visible

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return self.get_queryset().get(public_id=data)
        except ObjectDoesNotExist:
            self.fail("does_not_exist")
