"""The wall in admin pages: which of them exist for somebody, and what they may do there."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.http import urlencode

from accounts.authority import may, require
from accounts.models import User
from accounts.permissions import Verb, permission_for
from accounts.refusals import Refused
from accounts.tenancy.current import current_project, principal_of
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField

_PAGES: tuple[Verb, ...] = ("add", "delete")

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Guarded = ModelAdmin[Any]
else:
    Guarded = object


class WalledPages(Guarded):
    """Pages of one model: they ask the registry, and show what stands inside the wall.

    A page or an object that somebody may not see answers 404; a change that they may not make
    answers 403 before anything is read from the form, and is recorded.
    """

    #: What a question before a deletion says of its consequence.
    what_is_lost = "It is gone for good."
    empty_words = "There is nothing here yet."

    def may(self, request: HttpRequest, verb: Verb, row: Model | None = None) -> bool:
        if not isinstance(request.user, User):
            return False
        permission = permission_for(self.opts.label_lower, verb)
        if permission is None:
            return False
        return may(principal_of(request), permission.action, row)

    def require(self, request: HttpRequest, verb: Verb, row: Model | None = None) -> None:
        permission = permission_for(self.opts.label_lower, verb)
        if permission is None:
            raise Http404
        require(principal_of(request), permission.action, row)

    def get_urls(self) -> list[URLPattern]:
        """Leave out the pages that the registry gives to nobody: they answer 404 like any other."""
        model = f"{self.opts.app_label}_{self.opts.model_name}"
        closed = {f"{model}_{verb}" for verb in _PAGES if not self._is_offered(verb)}
        return [url for url in super().get_urls() if url.name and url.name not in closed]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "list")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "list") if obj is None else self.may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        """Give what the person may see in all of their projects."""
        rows = super().get_queryset(request)
        return rows.visible_to(principal_of(request)) if isinstance(rows, WalledQuerySet) else rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Give what the page lists: what is visible, in the current project."""
        rows, project = self.visible(request), current_project(request)
        return rows.for_project(project) if project and isinstance(rows, WalledQuerySet) else rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any | None:
        """Find one by its public id, wherever it is visible: a link works in any project."""
        field = from_field or self.id_field
        try:
            return self.visible(request).filter(**{field: object_id}).first()
        except (ValueError, TypeError):
            return None

    @property
    def id_field(self) -> str:
        """How addresses name a row: by its public id where it has one."""
        fields = self.model._meta.get_fields()
        public = [field.name for field in fields if isinstance(field, PublicIdField)]
        return public[0] if public else "pk"

    def address_of(self, row: Model, page: str = "change") -> str:
        model = f"{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"admin:{model}_{page}", args=(getattr(row, self.id_field),))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.may(request, "list"):
            raise Http404
        if "project" in request.GET:
            # Adopted as the current project already; the list would take it for a filter.
            asked = request.GET.copy()
            del asked["project"]
            request.GET = asked  # type: ignore[assignment]  # Django's own setter takes it
        return self._answering_refusals(request, super().changelist_view, request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            self._admit_to_add(request)
        else:
            self._admit(request, object_id, "change" if request.method == "POST" else None)
            object_id = quote(object_id)  # the admin unquotes it, and would mangle ids like aip_3A…
        return self._answering_refusals(
            request, super().changeform_view, request, object_id, form_url, extra_context
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self._admit(request, object_id, "delete")
        words = {
            "page_title": f"Delete {row}?",
            "what_is_lost": self.what_is_lost,
            "verb": f"Delete {self.opts.verbose_name}",
            "way_back": self.address_of(row),
        }
        return self._answering_refusals(
            request, super().delete_view, request, quote(object_id), words | (extra_context or {})
        )

    def history_view(
        self, request: HttpRequest, object_id: str, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to what the audit, the one history, says of this object."""
        self._admit(request, object_id, None)
        found = reverse("admin:accounts_auditevent_changelist")
        return redirect(f"{found}?{urlencode({'q': object_id})}")

    def lookup_allowed(self, lookup: str, _value: str, request: Any = None) -> bool:
        """Filter by what the page offers alone: else a reader could guess hidden values."""
        offered = {_parameter_of(option) for option in self.get_list_filter(request)}
        return lookup.split("__", maxsplit=1)[0] in offered | {self.date_hierarchy}

    def _is_offered(self, verb: Verb) -> bool:
        return permission_for(self.opts.label_lower, verb) is not None

    def _admit_to_add(self, request: HttpRequest) -> None:
        if not self.may(request, "list"):
            raise Http404
        self.require(request, "add")

    def _admit(self, request: HttpRequest, object_id: str, writes: Verb | None) -> Any:
        row = self.get_object(request, object_id)
        if row is None or not self.may(request, "view", row):
            raise Http404
        if writes:
            self.require(request, writes, row)
        return row

    def _get_obj_does_not_exist_redirect(
        self, _request: HttpRequest, _opts: object, _object_id: str
    ) -> HttpResponse:
        raise Http404

    def _answering_refusals(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponse:
        """Say a domain rule's refusal on the page it came from; what it undid stays undone."""
        try:
            answer: HttpResponse = view(*args)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return redirect(request.get_full_path())
        return answer


def _parameter_of(option: Any) -> str:
    """Name what a filter reads: a field's name, or the parameter that its class declares."""
    if isinstance(option, str | tuple):
        return option if isinstance(option, str) else str(option[0])
    return str(getattr(option, "parameter_name", ""))
