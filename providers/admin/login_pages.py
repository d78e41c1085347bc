"""Login & Connect: the dialog that waits for a vendor's page, and what is pasted into it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin.answers import (
    DIALOG,
    Banner,
    announce_change,
    fragment,
    htmx_of,
    is_for_dialog,
    leave,
    load_anew,
    show,
)
from accounts.admin.pages import Pages
from accounts.refusals import DependencyDown, Refused
from accounts.tenancy.current import principal_of, session_of
from providers import login_tasks, tasks
from providers.models import LoginAttempt, Provider
from providers.services.logins import attempts, loopback
from providers.services.logins.standing import Standing, standing

STATE = "providers/_login_state.html"
SHEET = "providers/_login.html"


class LoginPages(Pages):
    """What ProviderAdmin shows of logins. Nothing here calls a vendor: workers do."""

    def get_urls(self) -> list[URLPattern]:
        one = "<str:object_id>/login"
        return [
            self.page(f"{one}/", self.login_view, "login"),
            self.page(f"{one}/state/", require_safe(self.login_state_view), "login_state"),
            self.button(f"{one}/code/", self.login_code_view, "login_code"),
            *super().get_urls(),
        ]

    def login_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show how the login stands; begin it, or resume it, on POST."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:StartLogin", provider)
        if not provider.kind_row.has_login:
            return redirect(self.address_of(provider, "detail"))
        if request.method == "POST":
            return self.begin_login(request, provider)
        return self._login_sheet(request, provider)

    def begin_login(self, request: HttpRequest, provider: Provider) -> HttpResponse:
        """Begin a login, and give the sheet that waits for it."""
        problem = self._begin_attempt(request, provider)
        if not htmx_of(request) and not problem:
            return redirect(self.address_of(provider, "login"))
        return load_anew(self._login_sheet(request, provider, problem=problem))

    def login_state_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell how the login stands, again and again; with the tokens the dialog is done."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:GetLogin", provider)
        seen = _seen(request, provider)
        if seen.status != LoginAttempt.Status.CONNECTED:
            return fragment(request, STATE, self._login_context(request, provider, seen))
        tasks.check_soon(provider)
        text = f"{provider.name} is connected."
        if DIALOG in request.GET:
            return announce_change(show(request, Banner("success", text)))
        return leave(request, text, to=self.address_of(provider, "detail"))

    def login_code_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take what was pasted exactly as a redirect is taken."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:SubmitLoginCode", provider)
        problem = ""
        try:
            attempt = attempts.pasted(
                provider,
                request.POST.get("answer", ""),
                session=session_of(request),
                now=timezone.now(),
            )
            login_tasks.advance_soon(attempt)
        except (Refused, DependencyDown) as refusal:
            problem = str(refusal)
        if not htmx_of(request):
            return self._login_sheet(request, provider, problem=problem)
        seen = _seen(request, provider)
        context = self._login_context(request, provider, seen) | {"problem": problem}
        status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
        return fragment(request, STATE, context, status=status)

    def _begin_attempt(self, request: HttpRequest, provider: Provider) -> str:
        """Begin it; gives why that is not possible, if so."""
        by, now = principal_of(request), timezone.now()
        try:
            attempt = attempts.begin(provider, session=session_of(request), by=by, now=now)
            login_tasks.advance_soon(attempt)
        except (Refused, DependencyDown) as refusal:
            return str(refusal)
        return ""

    def _login_sheet(
        self, request: HttpRequest, provider: Provider, *, problem: str = ""
    ) -> HttpResponse:
        context = self._login_context(request, provider, _seen(request, provider))
        status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
        return self.sheet(request, SHEET, context | {"problem": problem}, status=status)

    def _login_context(
        self, request: HttpRequest, provider: Provider, seen: Standing
    ) -> dict[str, Any]:
        in_dialog = is_for_dialog(request) or DIALOG in request.GET
        state_url = self.address_of(provider, "login_state")
        return {
            "provider": provider,
            "seen": seen,
            "title": f"Sign in to {provider.name}",
            "action": self.address_of(provider, "login_code"),
            "login_url": self.address_of(provider, "login"),
            "state_url": f"{state_url}?{DIALOG}=1" if in_dialog else state_url,
            "in_dialog": in_dialog,
            "callback_is_ours": not provider.login_settings.redirect_url,
            "port_problem": loopback.listen_for(seen.awaited) if seen.awaited else "",
            "back_url": self.address_of(provider, "detail"),
            "back_label": provider.name,
        }


def _seen(request: HttpRequest, provider: Provider) -> Standing:
    return standing(provider, session=session_of(request), now=timezone.now())
