"""Access grants: who may call a facade, or the models of a shared provider."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from accounts.admin.pages import Pages, attempt, saved
from accounts.authority import may, require
from accounts.models import Project
from accounts.tenancy.current import principal_of
from gateway.forms.access_grant import AccessGrantForm
from gateway.models import AccessGrant, Model
from gateway.models.access_grant import AccessGrantQuerySet
from gateway.panels.models import grant_rows
from gateway.services import access
from providers.models import Provider


@admin.register(AccessGrant)
class AccessGrantAdmin(Pages):
    """All grants that somebody may see; each is given on the page of what it is about."""

    search_fields = ("user__email", "group__name", "project__name", "model__slug", "provider__name")
    search_help_text = "Search by holder or model"
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        own = {"gateway_accessgrant_add", "gateway_accessgrant_change"}
        kept = [url for url in super().get_urls() if url.name not in own]
        return [
            self.page("add/", self.give_view, "add"),
            *(url for url in kept if url.name != "gateway_accessgrant_history"),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("AccessGrantQuerySet", super().visible(request)).with_names()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            found = answer.context_data["cl"].result_list
            answer.context_data |= {
                "rows": grant_rows(found, principal_of(request)),
                "page_title": "Access grants",
                "page_intro": "Who may call which model. Grants only allow; none means no.",
            }
        return answer

    def give_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the holder; `?on=` names the facade or the shared provider."""
        target = self._target(request)
        principal = principal_of(request)
        if not (principal.is_staff or may(principal, access.GIVE, project=target.project)):
            require(principal, access.GIVE, project=target.project)
        form = AccessGrantForm(request.POST or None, target=target, principal=principal)
        back = _page_of(target)
        if request.method == "POST" and form.is_valid():
            try:
                grant = access.give(form.grant(), by=principal)
            except ValidationError as error:
                form.take_errors(error)
            else:
                text = f"{grant.holder} may call {target}, from the next request on."
                return saved(request, text, back=back)
        return self.form_sheet(
            request,
            form,
            action=request.get_full_path(),  # what it is about stands in the address
            title=f"Who may call {target}?",
            lead="Choose one. It counts from the next call on.",
            verb="Give access",
            back_url=back,
            back_label=str(target),
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's signature
    ) -> HttpResponse:
        """Ask in a dialog that says who loses a model; take it back on POST."""
        grant: AccessGrant = self.found(request, object_id)
        self.allow(request, access.TAKE_BACK, grant)
        back, words = (
            _page_of(grant.target),
            f"{grant.holder} may not call {grant.target} any more.",
        )
        if request.method == "POST":

            def act() -> HttpResponse:
                access.take_back(grant, by=principal_of(request))
                return saved(request, words, back=back)

            return attempt(request, act, back=back)
        context = {
            "title": f"Take {grant.target} from {grant.holder}?",
            "lead": "Their calls are refused from the next one on, unless another grant reaches "
            "them.",
            "verb": "Take back",
            "impact": self.impact_of(request, grant),
            "back_url": back,
            "back_label": str(grant.target),
        }
        return self.sheet(request, "_delete.html", context)

    def _target(self, request: HttpRequest) -> Model | Provider:
        """Find what a grant is to be about inside the wall; raises Http404."""
        if not self.may(request, "list"):
            raise Http404
        public_id, principal = request.GET.get("on", ""), principal_of(request)
        for rows in (Model.objects.visible_to(principal), Provider.objects.visible_to(principal)):
            found = rows.filter(public_id=public_id).select_related("project").first()
            if found is not None:
                return found
        if not _may_anywhere(request):
            require(principal, access.GIVE, project=principal.project)
        raise Http404


def _may_anywhere(request: HttpRequest) -> bool:
    principal = principal_of(request)
    seen = Project.objects.visible_to(principal)
    return principal.is_staff or any(may(principal, access.GIVE, project=row) for row in seen)


def _page_of(target: Model | Provider) -> str:
    page = "gateway_model_change" if isinstance(target, Model) else "providers_provider_detail"
    return reverse(f"admin:{page}", args=[target.public_id])
