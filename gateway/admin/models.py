"""Models (facades): one name for clients, and what answers under it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern

from accounts.admin.answers import done
from accounts.admin.pages import FOLLOWS, Listed, Removal, attempt, saved
from accounts.admin.seen import Seen
from accounts.authority import may, require
from accounts.refusals import Refused
from accounts.tenancy.current import current_project, principal_of
from gateway.admin.playground import PlaygroundPages
from gateway.forms.model import ModelForm, Owners
from gateway.models import Model, ModelStatus
from gateway.models.facade import ModelQuerySet
from gateway.panels.models import grant_rows, model_rows
from gateway.services import facades

CREATE = "models:CreateModel"
GRANT = "accessGrants:CreateAccessGrant"


@admin.register(Model)
class ModelAdmin(PlaygroundPages, Listed):
    impact_right = "models:GetModelImpact"
    intro = "Names that clients call, each answered by models of your providers."
    panel = staticmethod(model_rows)
    read_right = "models:GetModel"
    change_right = "models:UpdateModel"
    template = "gateway/model.html"
    form_template = "gateway/_model_form.html"
    search_fields = ("slug", "name", "public_id")
    search_help_text = "Search by name"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", self.make_view, "add"),
            self.page("<str:object_id>/edit/", self.edit_view, "edit"),
            self.button("<str:object_id>/activate/", self.activate_view, "activate"),
            self.button("<str:object_id>/disable/", self.disable_view, "disable"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        visible = cast("ModelQuerySet", super().visible(request))
        return visible.with_backends().with_grants().by_slug()

    def has_add_permission(self, request: HttpRequest) -> bool:
        owners = self._owners(request)
        return bool(owners.projects or owners.may_share)

    def shown_beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Show who may call it."""
        grants = grant_rows(row.grants.with_names(), principal_of(request))
        return {"grants": grants, "may_grant": _may_grant(row, request)}

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for its name and what answers; with a usable backend it answers at once."""
        owners = self._admitted(request)
        form = ModelForm(request.POST or None, owners=owners)
        words = {"title": "Add a model", "verb": "Add model", "back_url": self.list_url}
        if self._follows(request, form):
            return self.ask(request, form, **words)
        if request.method == "POST" and form.is_valid():

            def act() -> str:
                model = facades.add(form.draft(), project=form.project, by=principal_of(request))
                return f"{model.slug} is {model.status}."

            return self._stored(request, form, act, **words)
        return self.ask(request, form, **words)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model: Model = self.found(request, object_id)
        self.allow(request, "models:UpdateModel", model)
        form = ModelForm(request.POST or None, owners=Owners(()), model=model)
        words = {"title": f"Edit {model.slug}", "verb": "Save", **self.way_back(model)}
        seen = Seen.of(request, facades.draft_of(model))
        if self._follows(request, form) or seen.is_overtaken:
            return self.ask(request, form, seen=seen, **words)
        if request.method == "POST" and form.is_valid():

            def act() -> str:
                facades.change(model, form.draft(), by=principal_of(request))
                return f"{model.slug} is saved. The next request goes there."

            return self._stored(request, form, act, seen=seen, **words)
        return self.ask(request, form, seen=seen, **words)

    def activate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, ModelStatus.ACTIVE)

    def disable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, ModelStatus.DISABLED)

    def removal_of(self, request: HttpRequest, model: Model) -> Removal:
        return Removal(
            action="models:DeleteModel",
            title=f"Delete {model.slug}?",
            lead="Clients that name it are told that there is no such model.",
            verb="Delete model",
            remove=lambda: facades.remove(model, by=principal_of(request)),
            done=f"{model.slug} was deleted.",
        )

    def _owners(self, request: HttpRequest) -> Owners:
        projects = self.fitting_projects(request, CREATE)
        return Owners(projects, may_share=principal_of(request).is_staff)

    def _admitted(self, request: HttpRequest) -> Owners:
        if not self.may(request, "list"):
            raise Http404
        owners = self._owners(request)
        if not (owners.projects or owners.may_share):
            require(principal_of(request), CREATE, project=current_project(request))
            raise Http404
        return owners

    def _follows(self, request: HttpRequest, form: ModelForm) -> bool:
        """Whether a button of the form asks for other rows, or another kind's models."""
        asked = request.POST.get(FOLLOWS, "")
        if asked:
            form.follow(asked)
        return bool(asked)

    def _stored(
        self, request: HttpRequest, form: ModelForm, act: Callable[[], str], **words: Any
    ) -> HttpResponse:
        try:
            text = act()
        except ValidationError as error:
            form.take_errors(error)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return saved(request, text, back=words["back_url"])
        return self.ask(request, form, **words)

    def _switch(self, request: HttpRequest, object_id: str, status: ModelStatus) -> HttpResponse:
        model: Model = self.found(request, object_id)
        self.allow(request, "models:UpdateModel", model)

        def act() -> HttpResponse:
            facades.set_status(model, status, by=principal_of(request))
            return done(request, f"{model.slug} is {model.status}.", back=self.address_of(model))

        return attempt(request, act, back=self.address_of(model))


def _may_grant(model: Model, request: HttpRequest) -> bool:
    principal = principal_of(request)
    if model.project is None:
        return principal.is_staff
    return may(principal, GRANT, project=model.project)
