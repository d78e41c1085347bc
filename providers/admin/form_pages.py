"""Adding and editing a provider: one form that follows its kind, as a dialog or as a page."""

from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import reswap, retarget

from accounts.admin.answers import fragment, htmx_of
from accounts.admin.pages import saved
from accounts.authority import Forbidden, may, require
from accounts.models import Project
from accounts.refusals import Refused
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.admin.fetching import CannotFetch, fetched
from providers.admin.form_asked import ACCEPT_TERMS, Asked, draft_from, form_of, kind_asked
from providers.admin.questions import Question, QuestioningPages
from providers.forms import kept
from providers.forms.offers import Offer, offers
from providers.forms.provider import (
    SHARED,
    Owner,
    ProviderForm,
    listed_before,
    stored_values,
    typed,
)
from providers.forms.review import differences
from providers.models import CatalogEntry, Provider
from providers.models.refusals import ChangedMeanwhile, DeletedMeanwhile
from providers.services import model_lists, providers
from providers.services.connections import LiveList
from providers.services.drafts import ProviderDraft, check, draft_of

FORM = "providers/_provider_form.html"
KIND_FIELDS = "providers/_kind_fields.html"
OFFERS = "providers/_model_offers.html"
CREATE = "aiProviders:CreateAiProvider"


class FormPages(QuestioningPages):
    """The add and edit pages of ProviderAdmin."""

    def begin_login(self, request: HttpRequest, provider: Provider) -> HttpResponse:
        """Go on with the login of a provider that was just stored."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.owners(request))

    def owners(self, request: HttpRequest) -> tuple[Owner, ...]:
        """List whom a new provider may belong to: the current project, else each that one may."""
        principal, current = principal_of(request), current_project(request)
        visible = Project.objects.visible_to(principal).active().by_name()
        fitting = [current] if current else list(visible)
        owners = [
            Owner(project.public_id, project.name)
            for project in fitting
            if may(principal, CREATE, project=project)
        ]
        if principal.is_staff:
            owners.append(Owner(SHARED, "Shared with every project"))
        return tuple(owners)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> HttpResponse:
        """Show the form, let it follow the kind, fetch a live list into it, or save it."""
        try:
            provider = self._admitted(request, object_id)
        except Http404:
            if request.method == "POST" and object_id and self._may_begin(request):
                return self._begin_anew(request)
            raise
        if provider and not self.has_change_permission(request, provider):
            return redirect(self.address_of(provider, "detail"))
        asked = self._asked(request, provider)
        if request.method != "POST":
            initial = stored_values(provider) if provider else {}
            return self._show(asked, form_of(asked, initial=initial))
        if asked.wants_to_save:
            return self._save(asked)
        return self._fetch(asked) if "_fetch" in request.POST else self._follow(asked)

    def _admitted(self, request: HttpRequest, public_id: str | None) -> Provider | None:
        if public_id is None:
            if not self.may(request, "list"):
                raise Http404
            if not self.has_add_permission(request):
                require(principal_of(request), CREATE, project=current_project(request))
            return None
        provider: Provider = self.found(request, public_id)
        if request.method == "POST":
            self.allow(request, "aiProviders:UpdateAiProvider", provider)
        return provider

    def _asked(self, request: HttpRequest, provider: Provider | None) -> Asked:
        kind = kind_asked(request, provider)
        if provider:
            return Asked(request, provider, kind, provider.project)
        owners = self.owners(request)
        wanted = request.POST.get("owner") or owners[0].value
        if wanted not in {owner.value for owner in owners}:
            raise Http404
        visible = Project.objects.visible_to(principal_of(request))
        project = None if wanted == SHARED else visible.get(public_id=wanted)
        return Asked(request, None, kind, project, owners)

    def _follow(self, asked: Asked) -> HttpResponse:
        """Give the fields of the kind that was just chosen, with all that was typed."""
        form = form_of(asked, initial=typed(asked.posted, asked.kind))
        return fragment(
            asked.request, KIND_FIELDS, self._context(asked, form) | {"has_followed": True}
        )

    def _fetch(self, asked: Asked) -> HttpResponse:
        """Give the list of models with what the server itself names, or why that failed."""
        project = asked.project
        target = asked.provider or project
        require(principal_of(asked.request), "aiProviders:ListLiveModels", target, project=project)
        form = form_of(asked, asked.posted)
        form.is_valid()
        context = self._context(asked, form)
        try:
            listed = _listed(asked, form)
        except CannotFetch as error:
            context["fetch_error"] = str(error)
        else:
            known = {offer.model_id for offer in context["offers"]}
            new = [Offer.of_listed(model) for model in listed if model.id not in known]
            context |= {"offers": (*context["offers"], *new), "fetched": listed, "new": new}
        return fragment(asked.request, OFFERS, context)

    def _save(self, asked: Asked) -> HttpResponse:
        if asked.has_other_fields:
            form = form_of(asked, initial=typed(asked.posted, asked.kind))
            return self._refuse(asked, form, notice="kind")
        form = form_of(asked, asked.posted)
        is_valid = form.is_valid()
        draft = draft_from(form, asked.provider)
        if draft.accepts_terms:
            require(principal_of(asked.request), ACCEPT_TERMS, project=asked.project)
        try:
            return self._tried(asked, form, draft, is_valid=is_valid)
        except ChangedMeanwhile as refusal:
            stored = cast("Provider", refusal.stored)
            return self._review(asked, form, mine=draft, stored=stored)
        except DeletedMeanwhile:
            return self._begin_anew(asked.request)

    def _tried(
        self, asked: Asked, form: ProviderForm, draft: ProviderDraft, *, is_valid: bool
    ) -> HttpResponse:
        """Store it, or ask first; what is refused is told at its field."""
        try:
            if is_valid and (question := self._question(asked, draft)):
                return self.put(asked.request, FORM, self._context(asked, form), question)
            if is_valid:
                return self._store(asked, draft)
            check(draft, project=asked.project)
        except ValidationError as error:
            form.take_errors(error)
        except (ChangedMeanwhile, DeletedMeanwhile):
            raise
        except Refused as refusal:
            form.take_errors(ValidationError({"models": refusal.message}))
        except Forbidden as denial:
            denial.keep_on_record()
            form.take_errors(ValidationError({"models": str(denial)}))
        return self._refuse(asked, form)

    def _question(self, asked: Asked, draft: ProviderDraft) -> Question | None:
        """Ask about models that the draft leaves out, once all else of it is right."""
        provider = asked.provider
        if provider is None or asked.posted.get("version", "") not in {"", provider.version()}:
            return None  # what somebody else changed meanwhile is looked at first
        models = provider.models.select_related("provider__project").in_form_order()
        gone = model_lists.left_out(models, draft.wanted_models)
        question = self.removal_question(asked.request, gone, verb="Save") if gone else None
        if question:
            check(draft, project=asked.project)
        return question

    def _store(self, asked: Asked, draft: ProviderDraft) -> HttpResponse:
        posted, by, now = asked.posted, principal_of(asked.request), timezone.now()
        if asked.provider:
            seen = posted.get("version", "")
            provider = providers.change(asked.provider, draft, by=by, now=now, seen=seen)
            text = f"{provider.name} was changed."
        else:
            submission = posted.get("submission", "")[:32]
            provider = providers.add(
                draft, project=asked.project, by=by, now=now, submission=submission
            )
            text = f"{provider.name} was added. Test a model to see that it answers."
        if provider.needs_sign_in:
            return self.begin_login(asked.request, provider)
        tasks.check_soon(provider)
        return saved(asked.request, text, back=self.address_of(provider, "detail"))

    def _review(
        self, asked: Asked, form: ProviderForm, *, mine: ProviderDraft, stored: Provider
    ) -> HttpResponse:
        """Show what somebody stored meanwhile beside what was typed; saving again replaces it."""
        more = {
            "version": stored.version(),
            "differences": differences(mine, draft_of(stored)),
        }
        return self._refuse(asked, form, status=HTTPStatus.CONFLICT, notice="changed", **more)

    def _begin_anew(self, request: HttpRequest) -> HttpResponse:
        """Keep what was typed for a provider that is gone, as the form of a new one."""
        asked = self._asked(request, None)
        form = form_of(asked, initial=typed(asked.posted, asked.kind))
        answer = self._refuse(
            asked,
            form,
            status=HTTPStatus.NOT_FOUND,
            notice="deleted",
            action=reverse("admin:providers_provider_add"),
        )
        if htmx_of(request):  # whatever part of the form asked, all of it changes
            return retarget(reswap(answer, "outerHTML"), "#provider-form")
        return answer

    def _may_begin(self, request: HttpRequest) -> bool:
        return self.may(request, "list") and self.has_add_permission(request)

    def _refuse(
        self,
        asked: Asked,
        form: ProviderForm,
        *,
        status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
        **more: Any,
    ) -> HttpResponse:
        return self._show(asked, form, status=status, **more)

    def _show(
        self, asked: Asked, form: ProviderForm, *, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> HttpResponse:
        context = self._context(asked, form) | {"model_errors": form.model_errors} | more
        return self.sheet(asked.request, FORM, context, status=status)

    def _context(self, asked: Asked, form: ProviderForm) -> dict[str, Any]:
        provider, kind = asked.provider, asked.kind
        same_kind = provider is not None and provider.kind == kind.slug
        held = provider.models.all() if provider and same_kind else ()
        back = self.address_of(provider, "detail") if provider else _list_url()
        seen = asked.posted.get("version")
        return {
            "form": form,
            "kind": kind,
            "connects": kind.has_login and (provider is None or provider.needs_sign_in),
            "provider": provider,
            "asked": asked,
            "version": seen or (provider.version() if provider else ""),
            "title": f"Edit {provider.name}" if provider else "Add a provider",
            "action": asked.request.path,
            "back_url": back,
            "back_label": provider.name if provider else "Providers",
            "credentials": form.offered.credentials,
            "waiting": kept.waiting(asked.posted, kind),
            "offers": offers(
                held=held,
                entries=CatalogEntry.objects.importable_to(kind),
                more=listed_before(asked.posted, kind),
                first=form.ticked,
            ),
        }


def _listed(asked: Asked, form: ProviderForm) -> LiveList:
    """Ask the server that the form describes, unless it describes that of another type."""
    if asked.has_other_fields:
        raise CannotFetch("The type has just changed. Look at its fields, and try again.")
    return fetched(form.draft(), project=asked.project, now=timezone.now())


def _list_url() -> str:
    return reverse("admin:providers_provider_changelist")
