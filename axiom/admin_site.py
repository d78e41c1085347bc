"""The one admin, for staff and tenants alike: who may enter, what the frame shows."""

from functools import cache, partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from accounts.authority import may
from accounts.models import Project, User
from accounts.panels.notices import unread_count
from accounts.sign_in import has_a_place, why_not
from accounts.tenancy.current import (
    ALL_PROJECTS,
    choose_project,
    current_project,
    principal_of,
)
from accounts.tenancy.doors import WalledPages
from axiom.dashboard import dashboard
from axiom.guide import chapter_for

MOST_OFFERED = 50  # projects in the switcher at a time; typing finds the others
SEARCHED_FROM = 8
_MAY_ENTER = "_axiom_may_enter"


class SignInForm(AuthenticationForm):
    """Lets in whoever has a project, not staff alone."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "Email or password is not right. Check both and try again."
    }

    def confirm_login_allowed(self, user: Any) -> None:
        reason = why_not(user)
        if reason:
            raise ValidationError(reason, code="no_entry")


class AxiomAdminSite(UnfoldAdminSite):
    login_form = SignInForm
    enable_nav_sidebar = True
    final_catch_all_view = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take pages that stand behind the wall; what other apps bring knows no tenants."""
        if admin_class is not None and issubclass(admin_class, WalledPages):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLPattern]:
        """Give the switcher an address; Unfold's search of pages goes, for the sidebar has all."""
        chooser = self.admin_view(require_POST(self.choose_project))
        kept = [url for url in super().get_urls() if getattr(url, "name", "") != "search"]
        finder = self.admin_view(require_safe(self.find_projects))
        return [
            path("choose-project/", chooser, name="choose_project"),
            path("find-projects/", finder, name="find_projects"),
            path("dashboard/", self.admin_view(require_safe(self.dashboard)), name="dashboard"),
            *kept,
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Ask for email and password; where the extra is on, it offers its doors beside them."""
        if not settings.SSO:
            answer: HttpResponseBase = super().login(request, extra_context)
            return answer
        from accounts.sso.door import sign_in  # noqa: PLC0415 - the extra is loaded where it is on

        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = self.each_context(request) | {
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        return sign_in(request, form=self.login_form, context=context)

    def has_permission(self, request: HttpRequest) -> bool:
        """Look it up once: a page asks several times over."""
        known: bool | None = getattr(request.user, _MAY_ENTER, None)
        if known is None:
            known = bool(request.user.is_active and has_a_place(request.user))
            setattr(request.user, _MAY_ENTER, known)
        return known

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        context["guide_url"] = chapter_for(request)
        context["sso"] = settings.SSO
        if self.has_permission(request):
            context["current_project"] = current_project(request)
            context |= _switchable(request)
            if sees(request, "notices:ListNotices"):
                # Counted where a page shows it, and once.
                context["unread_notices"] = cache(partial(unread_count, principal_of(request)))
        return context

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Mark one page as the current one, where one stands below another's address."""
        groups: list[dict[str, Any]] = super().get_sidebar_list(request)
        active = [item for group in groups for item in group["items"] if item["active"]]
        nearest = max((len(str(item["link"])) for item in active), default=0)
        for item in active:
            item["active"] = len(str(item["link"])) == nearest
        return groups

    def get_app_list(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        app_label: str | None = None,  # noqa: ARG002 - as above
    ) -> list[dict[str, Any]]:
        """Give none: the sidebar has its own list, and asking every model on every page is dear."""
        return []

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the first page that this person may open."""
        offered = (item for group in self.get_sidebar_list(request) for item in group["items"])
        first = next((item for item in offered if item["has_permission"]), None)
        if first:
            return redirect(str(first["link"]))
        context = self.each_context(request) | (extra_context or {})
        return TemplateResponse(request, "nothing_here.html", context)

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        """Show what answers now; it asks the database alone, and again by itself."""
        if not sees(request, "aiProviders:ListAiProviders"):
            raise Http404
        project = current_project(request)
        context = self.each_context(request) | {
            "page": dashboard(principal_of(request), project, now=timezone.now()),
            "page_title": "Dashboard",
            "page_intro": f"How {project or 'every project'} stands. It follows by itself.",
        }
        return TemplateResponse(request, "dashboard.html", context)

    def app_index(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        app_label: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> HttpResponse:
        """Pages are found in the sidebar; a list of tables by app helps nobody."""
        apps.get_app_config(app_label)
        return redirect("admin:index")

    def find_projects(self, request: HttpRequest) -> HttpResponse:
        """Give the projects whose name holds what was typed, for the switcher's menu."""
        context = {"current_project": current_project(request)}
        context |= _switchable(request, wanted=request.GET.get("q", "").strip())
        return render(request, "_project_choices.html", context)

    def choose_project(self, request: HttpRequest) -> HttpResponse:
        """Remember the project that pages are about, and show the same list of it."""
        choose_project(request, request.POST.get("project", ""))
        onward = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(onward, {request.get_host()})
        return redirect(onward if is_ours else "admin:index")


def _switchable(request: HttpRequest, *, wanted: str = "") -> dict[str, Any]:
    """Give what the switcher offers: the first projects by name, and whether there are more."""
    visible = Project.objects.visible_to(principal_of(request)).active().by_name()
    if wanted:
        visible = visible.filter(name__icontains=wanted)
    found = list(visible[: MOST_OFFERED + 1])
    return {
        "switchable_projects": found[:MOST_OFFERED],
        "has_more_projects": len(found) > MOST_OFFERED,
        "searches_projects": len(found) > SEARCHED_FROM,
        "wanted_project": wanted,
        "all_projects": ALL_PROJECTS,
    }


def sees(request: HttpRequest, action: str) -> bool:
    """Whether the sidebar offers the page that `action` opens."""
    if not isinstance(request.user, User):
        return False
    return may(principal_of(request), action, project=current_project(request))
