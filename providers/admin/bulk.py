"""What is done to several ticked providers at once: each refusal named, the rest carried out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, reverse
from django_htmx.http import trigger_client_event

from accounts.admin.answers import Banner, Level, announce_change, htmx_of, refused, tell
from accounts.admin.pages import Pages, attempt
from accounts.authority import Forbidden, require
from accounts.refusals import Refused
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.models import Operation, Provider
from providers.panels.menus import lacking
from providers.panels.switching import disabling
from providers.services import providers

TICKED = "ticked"
NOTHING_THERE = (
    "None of the ticked providers is there any more: somebody has deleted them meanwhile."
)


@dataclass(slots=True)
class Tally:
    """Whom it was done to, who was so already, and who refused, with the reason."""

    fitting: list[Provider] = field(default_factory=list)
    so_already: int = 0
    refusals: list[str] = field(default_factory=list)
    last_denial: Forbidden | None = None

    def banner(self, sentence: str) -> Banner:
        if self.so_already:
            sentence += f" {_count(self.so_already)} {_was(self.so_already)} already."
        if not self.refusals:
            return Banner("success", sentence)
        level: Level = "warning" if self.fitting or self.so_already else "error"
        details = tuple(self.refusals)
        return Banner(level, f"{sentence} {_count(len(details))} refused:", details=details)


class BulkPages(Pages):
    """The buttons of the bar that appears when providers are ticked."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.button("test-several/", self.test_several_view, "test_several"),
            self.button("enable-several/", self.enable_several_view, "enable_several"),
            self.page("disable-several/", self.disable_several_view, "disable_several"),
            self.button("import-several/", self.import_several_view, "import_several"),
            *super().get_urls(),
        ]

    def test_several_view(self, request: HttpRequest) -> HttpResponse:
        """Start a test of every enabled model; one line on the page counts how far they are."""

        def act(tally: Tally) -> HttpResponse:
            begun = tasks.begin_tests_of(tally.fitting, by=principal_of(request))
            return begun_here(request, begun, tally.banner(_begun(begun, "test")))

        return self._do_to_ticked(request, "aiProviders:TestAiProvider", act)

    def import_several_view(self, request: HttpRequest) -> HttpResponse:
        def act(tally: Tally) -> HttpResponse:
            begun = tasks.begin_imports(tally.fitting, by=principal_of(request))
            return begun_here(request, begun, tally.banner(_begun(begun, "import")))

        return self._do_to_ticked(request, "aiProviders:ImportCatalog", act)

    def enable_several_view(self, request: HttpRequest) -> HttpResponse:
        def act(tally: Tally) -> HttpResponse:
            return _switched(tally, request, enabled=True)

        return self._do_to_ticked(request, "aiProviders:EnableAiProvider", act)

    def disable_several_view(self, request: HttpRequest) -> HttpResponse:
        """Ask in a dialog that names them all; disable on POST."""
        if request.method == "POST":

            def act(tally: Tally) -> HttpResponse:
                return _switched(tally, request, enabled=False)

            return self._do_to_ticked(request, "aiProviders:DisableAiProvider", act)
        found = self._ticked(request, request.GET.getlist(TICKED))
        if not found:
            return self._nothing_there(request, "aiProviders:DisableAiProvider")
        tally = self._sorted_out(request, found, "aiProviders:DisableAiProvider")
        context = {
            "disabling": disabling(tally.fitting, who=principal_of(request)),
            "denied": tally.refusals,
            "title": f"Disable {_count(len(found))}?",
            "back_url": _list_url(),
        }
        return self.sheet(request, "providers/_disable_providers.html", context)

    def _do_to_ticked(
        self, request: HttpRequest, action: str, act: Callable[[Tally], HttpResponse]
    ) -> HttpResponse:
        """Do it to each ticked provider that may be; a click that comes twice changes nothing."""
        found = self._ticked(request, request.POST.getlist(TICKED))
        if not found:
            return self._nothing_there(request, action)
        tally = self._sorted_out(request, found, action)

        def answered() -> HttpResponse:
            answer = announce_change(act(tally))
            return trigger_client_event(answer, "axiom:untick") if htmx_of(request) else answer

        return attempt(request, answered, back=_list_url())

    def _ticked(self, request: HttpRequest, ids: Iterable[str]) -> list[Provider]:
        return list(self.visible(request).filter(public_id__in=set(ids)).by_name())  # type: ignore[attr-defined]  # the wall's queryset

    def _sorted_out(self, request: HttpRequest, found: list[Provider], action: str) -> Tally:
        """Sort out, on record, those that the person may not; raises Forbidden where all are."""
        principal, tally = principal_of(request), Tally()
        for provider in found:
            try:
                require(principal, action, provider)
            except Forbidden as denial:
                tally.last_denial = denial
                tally.refusals.append(f"{provider.name}: {lacking(principal, action, provider)}")
            else:
                tally.fitting.append(provider)
        if tally.last_denial and not tally.fitting:
            raise tally.last_denial
        return tally

    def _nothing_there(self, request: HttpRequest, action: str) -> HttpResponse:
        require(principal_of(request), action, project=current_project(request))
        return refused(request, NOTHING_THERE, back=_list_url(), status=HTTPStatus.CONFLICT)


def begun_here(request: HttpRequest, wholes: list[Operation], banner: Banner) -> HttpResponse:
    """Put a line on the page that counts how far it is; it says more than a banner would."""
    if not htmx_of(request) or not wholes:
        return tell(request, banner, back=_list_url())
    banners = [banner] if banner.details else []
    return render(request, "providers/_begun.html", {"wholes": wholes, "banners": banners})


def _switched(tally: Tally, request: HttpRequest, *, enabled: bool) -> HttpResponse:
    """Enable or disable those that fit; each by its own rules, in its own transaction."""
    switched = []
    for provider in tally.fitting:
        if provider.is_active == enabled:
            tally.so_already += 1
            continue
        try:
            providers.set_enabled(provider, enabled=enabled, by=principal_of(request))
        except Refused as refusal:
            tally.refusals.append(refusal.message)
        except ValidationError as error:
            tally.refusals.append(f"{provider.name}: {' '.join(error.messages)}")
        else:
            switched.append(provider)
    tally.fitting = switched
    sentence = f"{_count(len(switched))} {'enabled' if enabled else 'disabled'}."
    return tell(request, tally.banner(sentence), back=_list_url())


def _begun(wholes: list[Operation], noun: str) -> str:
    total = sum(whole.total for whole in wholes)
    if not total:
        return f"Nothing left to {noun}: all of that runs already, or there is nothing to {noun}."
    return f"{total} {noun}{'s' if total != 1 else ''} started."


def _count(number: int) -> str:
    return f"{number} provider{'s' if number != 1 else ''}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _list_url() -> str:
    return reverse("admin:providers_provider_changelist")
