"""A provider's models: added by hand, tested, chosen, switched, edited and removed."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_safe

from accounts.admin.answers import done, htmx_of, menu
from accounts.admin.pages import attempt, saved
from accounts.authority import require
from accounts.models import Project
from accounts.refusals import Refused
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.admin.questions import QuestioningPages
from providers.forms.model import ModelForm
from providers.models import ProjectRouting, Provider, ProviderModel
from providers.models.refusals import ChangedMeanwhile, IsActiveModel
from providers.panels.badges import TestBadge
from providers.panels.catalog import beside_catalog
from providers.panels.menus import menu_of_model
from providers.panels.rows import surroundings_of
from providers.panels.switching import cleared_without
from providers.services import model_lists

MODEL_FORM = "providers/_model_form.html"

Act = Callable[[ProviderModel], str]


@admin.register(ProviderModel)
class ProviderModelAdmin(QuestioningPages):
    """Has no list of its own: models stand in the rows of their providers."""

    impact_right = "aiProviders:GetProviderModelImpact"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/<str:provider_id>/", self.add_to_view, "add"),
            self.page("<str:object_id>/menu/", require_safe(self.menu_view), "menu"),
            self.page("<str:object_id>/change/", self.edit_view, "change"),
            self.page("<str:object_id>/delete/", self.remove_view, "delete"),
            self.impact_page(),
            self.button("<str:object_id>/test/", self.test_view, "test"),
            self.button("<str:object_id>/set-active/", self.activate_view, "set_active"),
            self.button("<str:object_id>/set-fallback/", self.fall_back_view, "set_fallback"),
            self.button("<str:object_id>/remove-fallback/", self.drop_view, "remove_fallback"),
            self.button("<str:object_id>/enable/", self.enable_view, "enable"),
            self.page("<str:object_id>/disable/", self.disable_view, "disable"),
            self.page("<str:object_id>/reset/", self.reset_view, "reset"),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return super().visible(request).select_related("provider__project")

    def way_back(self, row: Any) -> dict[str, str]:
        return {"back_url": _page_of(row), "back_label": row.provider.name}

    def menu_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give what may be done with a model now, for the row whose menu was just opened."""
        model: ProviderModel = self.found(request, object_id)
        self.allow(request, "aiProviders:GetProviderModel", model)
        prefetch_related_objects([model.provider], "models")
        around = surroundings_of([model.provider], principal_of(request), current_project(request))
        return menu(request, menu_of_model(model, around))

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start a test; the badge follows it from here on."""
        model: ProviderModel = self.found(request, object_id)
        self.allow(request, "aiProviders:TestProviderModel", model)

        def act() -> HttpResponse:
            operation = tasks.begin_test(model, by=principal_of(request))
            if not htmx_of(request):
                return done(request, f"{model} is being tested.", back=_page_of(model))
            badge = TestBadge.of(model, operation)
            return render(request, "providers/_test_badge.html", {"badge": badge})

        return attempt(request, act, back=_page_of(model))

    def activate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ProviderModel, project: Project) -> str:
            routing = ProjectRouting.of(project)
            was_fallback = routing.fallback_model_id == model.pk
            model_lists.set_active(model, project, by=principal_of(request))
            more = " There is no fallback any more: it was this one." if was_fallback else ""
            return f"Requests to “default” now go to {model}.{more}"

        return self._route(request, object_id, "aiProviders:SetActiveModel", act)

    def fall_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ProviderModel, project: Project) -> str:
            model_lists.set_fallback(model, project, by=principal_of(request))
            return f"{model} answers while the active model can't."

        return self._route(request, object_id, "aiProviders:SetFallbackModel", act)

    def drop_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ProviderModel, project: Project) -> str:
            fallbacks = ProjectRouting.objects.filter(project=project).values_list("fallback_model")
            if (model.pk,) in fallbacks:
                model_lists.set_fallback(None, project, by=principal_of(request))
            return f"{model} is no fallback any more."

        return self._route(request, object_id, "aiProviders:SetFallbackModel", act)

    def enable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(model: ProviderModel) -> str:
            model_lists.set_enabled(model, enabled=True, by=principal_of(request))
            return f"{model} is enabled."

        return self._change(request, object_id, act)

    def disable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog that says what routing loses with it; disable on POST."""

        def act(model: ProviderModel) -> str:
            model_lists.set_enabled(model, enabled=False, by=principal_of(request))
            return f"{model} is disabled."

        if request.method == "POST":
            return self._change(request, object_id, act)
        model: ProviderModel = self.found(request, object_id)
        self.allow(request, "aiProviders:UpdateProviderModel", model)
        context = {
            "model": model,
            "refusal": model.is_active_anywhere() and IsActiveModel(model, "disabled").message,
            "cleared": cleared_without([model], who=principal_of(request)),
            "title": f"Disable {model.upstream_id}?",
            **self.way_back(model),
        }
        return self.sheet(request, "providers/_disable_model.html", context)

    def reset_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what the catalog has beside the model's own values; give them back on POST."""

        def act(model: ProviderModel) -> str:
            model_lists.reset_to_catalog(model, by=principal_of(request))
            return f"{model} has the catalog's values again."

        if request.method == "POST":
            return self._change(request, object_id, act)
        model: ProviderModel = self.found(request, object_id)
        self.allow(request, "aiProviders:UpdateProviderModel", model)
        entry = model.catalog_entry()
        context = {
            "model": model,
            "entry": entry,
            "values": beside_catalog(model, entry) if entry else (),
            "title": f"Reset {model.upstream_id} to the catalog?",
            **self.way_back(model),
        }
        return self.sheet(request, "providers/_reset_model.html", context)

    def remove_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog that names model and provider; remove on POST."""
        model: ProviderModel = self.found(request, object_id)
        self.allow(request, "aiProviders:DeleteProviderModel", model)
        if request.method == "POST":
            name = str(model)

            def act() -> HttpResponse:
                model_lists.remove(model, by=principal_of(request))
                return saved(request, f"{name} was removed.", back=_page_of(model))

            return attempt(request, act, back=_page_of(model))
        context = {
            "model": model,
            "impact": self.impact_of(request, model),
            "title": f"Remove {model.upstream_id}?",
            **self.way_back(model),
        }
        return self.sheet(request, "providers/_remove_model.html", context)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model: ProviderModel = self.found(request, object_id)
        if request.method != "POST" and not self.has_change_permission(request, model):
            return redirect(_page_of(model))  # where those look who may not change it
        self.allow(request, "aiProviders:UpdateProviderModel", model)
        form = ModelForm(request.POST or None, instance=model)
        title = f"Edit {model.upstream_id}"
        if request.method != "POST" or not form.is_valid():
            return self._form(request, form, title=title, verb="Save")
        if form.wants_enabled is False and (
            question := self.disabling_question(request, model, verb="Save")
        ):
            context = {"form": form, "title": title, "verb": "Save", **self.way_back(model)}
            return self.put(request, MODEL_FORM, context, question)
        try:
            model_lists.change(
                form.save(commit=False),
                by=principal_of(request),
                seen=form.cleaned_data["version"],
                enabled=form.wants_enabled,
            )
        except ChangedMeanwhile as refusal:
            differences = form.take_version(cast("ProviderModel", refusal.stored))
            return self._form(request, form, title=title, verb="Save", differences=differences)
        except Refused as refusal:
            form.add_error("is_enabled", refusal.message)
            return self._form(request, form, title=title, verb="Save")
        return saved(request, f"{model} was changed.", back=_page_of(model))

    def add_to_view(self, request: HttpRequest, provider_id: str) -> HttpResponse:
        """Add a model of somebody's own to a provider."""
        providers = Provider.objects.visible_to(principal_of(request)).select_related("project")
        provider = get_object_or_404(providers, public_id=provider_id)
        self.allow(request, "aiProviders:CreateProviderModel", provider)
        model = ProviderModel(provider=provider)
        form = ModelForm(request.POST or None, instance=model)
        if request.method == "POST" and form.is_valid():
            try:
                model_lists.add_custom(form.save(commit=False), by=principal_of(request))
            except (ValidationError, IntegrityError):
                form.add_error("upstream_id", "This provider already has that model.")
            else:
                return saved(request, f"{model} was added.", back=_page_of(model))
        title = f"Add a model to {provider.name}"
        return self._form(request, form, title=title, verb="Add model")

    def _form(
        self, request: HttpRequest, form: ModelForm, *, title: str, verb: str, **more: Any
    ) -> HttpResponse:
        context = {
            "form": form,
            "title": title,
            "verb": verb,
            **self.way_back(form.instance),
            **more,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        if "differences" in more:
            status = HTTPStatus.CONFLICT
        return self.sheet(request, MODEL_FORM, context, status=status)

    def _route(
        self,
        request: HttpRequest,
        public_id: str,
        action: str,
        act: Callable[[ProviderModel, Project], str],
    ) -> HttpResponse:
        """Change which model answers in the model's own project, or the chosen one if shared."""
        model: ProviderModel = self.found(request, public_id)
        project = model.provider.project or current_project(request)
        require(principal_of(request), action, project=project)

        def choose(model: ProviderModel) -> str:
            if project is None:
                raise ValidationError("Choose a project first: each has its own active model.")
            return act(model, project)

        return _do(request, model, choose)

    def _change(self, request: HttpRequest, public_id: str, act: Act) -> HttpResponse:
        model: ProviderModel = self.found(request, public_id)
        self.allow(request, "aiProviders:UpdateProviderModel", model)
        return _do(request, model, act)


def _do(request: HttpRequest, model: ProviderModel, act: Act) -> HttpResponse:
    back = _page_of(model)
    return attempt(request, lambda: done(request, act(model), back=back), back=back)


def _page_of(model: ProviderModel) -> str:
    return reverse("admin:providers_provider_detail", args=[model.provider.public_id])
