"""How pages answer a button: in place where HTMX asked, else with a message on the next page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event
from django_htmx.middleware import HtmxDetails

DIALOG = "dialog"

Level = Literal["success", "warning", "error"]


class HtmxRequest(HttpRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class Banner:
    """One line at the top of the page; `lead` is its bold first word, `details` stand below."""

    level: Level
    text: str
    lead: str = ""
    details: tuple[str, ...] = ()


def htmx_of(request: HttpRequest) -> HtmxDetails:
    return cast("HtmxRequest", request).htmx


def is_for_dialog(request: HttpRequest) -> bool:
    """Whether what is asked for opens in the page's dialog, or was sent from there."""
    return htmx_of(request).target == DIALOG or DIALOG in request.POST


def came_from(request: HttpRequest, address: str) -> bool:
    """Whether HTMX sent this from the page at `address`."""
    path = htmx_of(request).current_url_abs_path or ""
    return path.partition("?")[0] == address


def done(request: HttpRequest, text: str, *, back: str) -> HttpResponse:
    """Say that it worked; lists on the page load themselves anew."""
    return announce_change(tell(request, Banner("success", text), back=back))


def tell(request: HttpRequest, banner: Banner, *, back: str) -> HttpResponse:
    """Show a banner where HTMX asked; else the same words on the page at `back`."""
    if htmx_of(request):
        return show(request, banner)
    level = getattr(messages, banner.level.upper())
    messages.add_message(request, level, " ".join((banner.text, *banner.details)))
    return redirect(back)


def leave(request: HttpRequest, text: str, *, to: str) -> HttpResponse:
    """Say that it worked on the page at `to`, because this one is no more."""
    messages.success(request, text)
    return HttpResponseClientRedirect(to) if htmx_of(request) else redirect(to)


def refused(
    request: HttpRequest, text: str, *, back: str, status: HTTPStatus = HTTPStatus.CONFLICT
) -> HttpResponse:
    """Say why it was not done; nothing on the page changes but the banner."""
    if not htmx_of(request):
        messages.error(request, text)
        return redirect(back)
    answer = show(request, Banner("error", text), status=status)
    return reswap(as_fragment(answer), "none")


def show(
    request: HttpRequest, banner: Banner, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "_banners.html", {"banners": [banner]}, status=status)


def announce_change(answer: HttpResponse) -> HttpResponse:
    """Let the page close its dialog and load its lists anew."""
    trigger_client_event(answer, "axiom:close-dialog")
    return load_anew(answer)


def load_anew(answer: HttpResponse) -> HttpResponse:
    """Let the page load its lists anew; a dialog that somebody has opened meanwhile stays."""
    return trigger_client_event(answer, "axiom:changed")


def as_fragment(answer: HttpResponse) -> HttpResponse:
    """Mark a refusal that is to be shown where its form stands, whatever its status."""
    answer["X-Fragment"] = "1"
    return answer


def menu(request: HttpRequest, items: Sequence[object]) -> HttpResponse:
    """Give the items of a row's menu, as they are at this moment."""
    answer = render(request, "_menu_items.html", {"menu": items})
    add_never_cache_headers(answer)
    return answer


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    return as_fragment(render(request, template, dict(context), status=status))
