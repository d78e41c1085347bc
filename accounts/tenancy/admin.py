"""ProjectAdmin, the base of every admin page; with the admin site the only importer of Unfold."""

from collections import UserString
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin import ShowFacets, helpers
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import NestedObjects
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import router
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.fields import UnfoldAdminReadonlyField
from unfold.forms import AdminPasswordChangeForm
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import audit
from accounts.authority import may
from accounts.models import Epoch, Project
from accounts.permissions import Verb, permission_for, permission_of
from accounts.tenancy.current import current_project, principal_of
from accounts.tenancy.doors import WalledPages
from accounts.tenancy.fields import WalledChoiceField
from accounts.tenancy.querysets import WalledQuerySet, wall_of

__all__ = [
    "AdminPasswordChangeForm",
    "PasswordInput",
    "ProjectAdmin",
    "ProjectInline",
    "UnfoldAdminTextInputWidget",
    "display",
]


# Its read-only links would name rows by database key, and lead where the reader may not go.
UnfoldAdminReadonlyField.get_admin_url = lambda _field, _relation, row: str(row)


class PublicChangeList(ChangeList):
    """A list whose rows link by public id."""

    def url_for_result(self, result: Any) -> str:
        return str(self.model_admin.address_of(result))


class ProjectAdmin(WalledPages, ModelAdmin):
    """An admin page inside the wall: rights from the registry, rows and pickers of one's projects.

    Every change that is saved here is recorded in the audit and moves the epoch.
    """

    show_facets = ShowFacets.NEVER
    list_per_page = 50
    show_full_result_count = False
    #: The project is chosen once, when a row is made; these fields are read-only afterwards.
    fixed_fields: ClassVar[tuple[str, ...]] = ("project",)

    def get_changelist(self, request: HttpRequest, **_options: Any) -> type[ChangeList]:
        return PublicChangeList

    def action_checkbox(self, obj: Model) -> SafeString:
        box: SafeString = super().action_checkbox(_ByPublicId(obj, self.id_field))
        return box

    action_checkbox.short_description = ModelAdmin.action_checkbox.short_description  # type: ignore[attr-defined]  # how Django names a column

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out deleting many at once: each deletion has rules and an impact of its own."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Look the ticked public ids up inside the wall."""
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        found = queryset.filter(**{f"{self.id_field}__in": ticked}).values_list("pk", flat=True)
        posted = request.POST.copy()
        posted.setlist(helpers.ACTION_CHECKBOX_NAME, [str(pk) for pk in found])
        request.POST = posted  # type: ignore[assignment]  # Django's own setter takes it
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        readonly = tuple(super().get_readonly_fields(request, obj))
        if obj is None:
            return readonly
        names = {field.name for field in self.opts.get_fields()}
        return readonly + tuple(name for name in self.fixed_fields if name in names)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        project = current_project(request)
        chosen = {"project": project.pk} if project else {}
        return chosen | dict(super().get_changeform_initial_data(request))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Its pop-up links name rows by database key.
            field.widget = field.widget.widget
            field.widget.choices = cast("WalledChoiceField", field).choices
        return field

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        related = cast("type[Model]", db_field.related_model)
        if wall_of(related):
            options.setdefault("queryset", self.pickable(request, db_field))
        if any(field.name == "public_id" for field in related._meta.get_fields()):
            options.setdefault("form_class", WalledChoiceField)
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field is not None and related is Project:
            is_staff = principal_of(request).is_staff
            field.required = not (is_staff and db_field.blank)
            field.empty_label = "Shared with every project" if db_field.blank else None
        return field

    def pickable(self, request: HttpRequest, db_field: "ForeignKey[Any, Any]") -> QuerySet[Any]:
        """Give what a picker offers: rows of the current project, or projects one may add to."""
        principal, project = principal_of(request), current_project(request)
        related = cast("type[Model]", db_field.related_model)
        if related is not Project:
            rows = cast("WalledQuerySet[Any]", related._default_manager.all()).visible_to(principal)
            return rows.for_project(project) if project else rows
        adding = permission_for(self.opts.label_lower, "add")
        active = Project.objects.visible_to(principal).active()
        fitting = [
            row.pk for row in active if adding and may(principal, adding.action, project=row)
        ]
        return active.filter(pk__in=fitting)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        before, after = _told(form, form.initial), _told(form, form.cleaned_data)
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            self.note(
                request, "change" if change else "add", obj, before if change else None, after
            )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.note(request, "delete", obj, {"name": str(obj)}, None)
        super().delete_model(request, obj)

    def note(
        self,
        request: HttpRequest,
        verb: Verb,
        row: Model,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:
        """Record a change in the audit and move the epoch, in the transaction that makes it."""
        permission = permission_for(self.opts.label_lower, verb)
        if permission:
            audit.record(principal_of(request), permission.action, row, before=before, after=after)
        Epoch.bump()

    def log_addition(self, *_args: Any) -> None:  # type: ignore[override]  # nobody reads it
        """Write nothing: the audit is the one history."""

    def log_change(self, *_args: Any) -> None:  # type: ignore[override]  # nobody reads it
        """Write nothing: the audit is the one history."""

    def log_deletions(self, *_args: Any) -> None:  # type: ignore[override]  # nobody reads it
        """Write nothing: the audit is the one history."""

    def get_deleted_objects(
        self, objs: Any, _request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name what goes along; leave to delete the whole is leave to delete its parts."""
        collector = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        kept_by = {*collector.protected}
        names = _flat(collector.nested(_named))
        counts = {
            str(cast("Any", model)._meta.verbose_name_plural): len(rows)
            for model, rows in collector.model_objs.items()
            if cast("Any", model) is not self.model
        }
        return names, counts, set(), [str(row) for row in kept_by]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if context.get("original") is not None:
            context["original"] = _ByPublicId(context["original"], self.id_field)
        answer: HttpResponse = super().render_change_form(request, context, *args, **options)
        return answer

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:
            popup: HttpResponse = super().response_add(request, obj, post_url_continue)
            return popup
        messages.success(request, f"The {self.opts.verbose_name} “{obj}” was added.")
        if "_continue" in request.POST:
            return redirect(post_url_continue or self.address_of(obj))
        if "_addanother" in request.POST:
            return redirect(request.get_full_path())
        return self.response_post_save_add(request, obj)


class ProjectInline(TabularInline):
    """Rows inside another page; ``rights`` names the permission of each verb there."""

    extra = 0
    rights: ClassVar[dict[str, str]] = {}

    def _may(self, request: HttpRequest, verb: str, parent: Model | None) -> bool:
        wall = wall_of(type(parent)) if parent is not None else None
        project = wall.project_of(parent) if wall else current_project(request)
        action = self.rights.get(verb)
        if action is None:
            return False
        return may(principal_of(request), permission_of(action).action, project=project)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)


class _ByPublicId:
    """Stands for a row where a template or a widget of Django's writes its ``pk`` into a page."""

    def __init__(self, row: Model, id_field: str) -> None:
        self._row = row
        # Not a str: the admin would quote the underscore, and links would read aip_5F….
        self.pk = UserString(getattr(row, id_field))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)

    def __str__(self) -> str:
        return str(self._row)


def _told(form: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Give the changed fields' values as the audit keeps them."""
    return {name: _plain(values.get(name)) for name in form.changed_data}


def _flat(nested: Iterable[Any]) -> list[str]:
    """Take the lists of parts out of one another; each object stands before its own."""
    return [name for item in nested for name in (_flat(item) if isinstance(item, list) else [item])]


def _named(row: Any) -> str:
    return f"{row._meta.verbose_name}: {row}"


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return getattr(value, "public_id", str(value))
    if isinstance(value, QuerySet):
        return [_plain(row) for row in value]
    return value
