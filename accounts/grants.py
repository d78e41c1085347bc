"""Object permissions: one thing, shown or lent to one person or group; they widen, never narrow.

The only importer of django-guardian.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Model, QuerySet
from django.db.models.functions import Cast
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

if TYPE_CHECKING:
    from accounts.models import User

Verb = Literal["view", "change", "delete", "test", "use"]


def grant(who: "User | Group", verb: Verb, target: Model) -> None:
    """Let somebody do one thing with one object; done twice, it is done once."""
    assign_perm(codename(verb, type(target)), who, target)


def revoke(who: "User | Group", verb: Verb, target: Model) -> None:
    remove_perm(codename(verb, type(target)), who, target)


def granted_pks(user: "User", verb: Verb, model: type[Model]) -> list[QuerySet[Any]]:
    """Give sub-queries of the primary keys that the user, or a group of theirs, was granted."""
    return [
        rows.filter(permission__codename=codename(verb, model))
        .annotate(target_pk=Cast("object_pk", BigIntegerField()))
        .values("target_pk")
        for rows in _rows(user, model)
    ]


def granted(user: "User", model: type[Model]) -> frozenset[tuple[str, str]]:
    """Load all that the user was granted on a model, as (primary key, codename), in one query."""
    own, shared = (
        rows.values_list("object_pk", "permission__codename") for rows in _rows(user, model)
    )
    return frozenset(own.union(shared))


@dataclass(frozen=True, slots=True)
class Holder:
    """A person or group and what they were granted on one object, in words."""

    public_id: str
    name: str
    verbs: str
    is_group: bool = False


def given_on(target: Model) -> list[Holder]:
    """Tell who was granted anything on this very object; two queries."""
    content_type = ContentType.objects.get_for_model(type(target))
    about = {"content_type": content_type, "object_pk": str(target.pk)}
    persons = UserObjectPermission.objects.filter(**about).order_by("user", "permission")
    groups = GroupObjectPermission.objects.filter(**about).order_by("group", "permission")
    return [
        *_holders(persons.values_list("user__public_id", "user__email", "permission__codename")),
        *_holders(
            groups.values_list("group__name", "group__name", "permission__codename"), is_group=True
        ),
    ]


def count_of(group: Group) -> int:
    """Count what a group was granted, also on objects that are gone."""
    return GroupObjectPermission.objects.filter(group=group).count()


def codename(verb: Verb, model: type[Model]) -> str:
    return f"{verb}_{model._meta.model_name}"


def _rows(user: "User", model: type[Model]) -> tuple[QuerySet[Any], QuerySet[Any]]:
    content_type = ContentType.objects.get_for_model(model)
    return (
        UserObjectPermission.objects.filter(user=user, content_type=content_type),
        GroupObjectPermission.objects.filter(
            group__in=user.groups.all(), content_type=content_type
        ),
    )


def _holders(rows: Iterable[tuple[str, str, str]], *, is_group: bool = False) -> list[Holder]:
    return [
        Holder(who[0], who[1], _verbs(codename for _, _, codename in given), is_group)
        for who, given in groupby(rows, key=lambda row: row[:2])
    ]


def _verbs(codenames: Iterable[str]) -> str:
    return ", ".join(codename.partition("_")[0] for codename in codenames)
