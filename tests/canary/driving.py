"""Using an address in every way that a browser or a script could."""

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from http import HTTPStatus
from itertools import cycle
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.canary.canaries import plain
from tests.canary.stores import Place

DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}
UNANSWERED = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


class Driven:
    """What came back from an address, as places to search; whether anything answered there."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.has_answered = False

    def note(self, place: str, answer: HttpResponse) -> str:
        body = plain(b"".join(answer.streaming_content) if answer.streaming else answer.content)
        head = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.places.append((f"{place} ({answer.status_code})", f"{head} {answer.cookies} {body}"))
        self.has_answered = self.has_answered or answer.status_code not in UNANSWERED
        return body


def look(driven: Driven, client: Client, path: str) -> Mapping[str, Any]:
    """Read a page and its fragment, and give what the page's forms would send back."""
    driven.note(f"GET {path}", client.get(path, headers=DIALOG))
    return fields_of(driven.note(f"GET {path}", client.get(path)))


def submit(driven: Driven, client: Client, path: str, forms: Iterable[Mapping[str, Any]]) -> None:
    """Send each form, from the page and from its dialog by turns, and look where they lead.

    What forms have to say waits for the next page, all of it: each is looked at once, at the end.
    """
    led_to: dict[str, None] = {}
    for form, headers in zip(forms, cycle(({}, DIALOG))):
        answer = client.post(path, form, headers=headers)
        driven.note(f"POST {path}", answer)
        target = answer.headers.get("Location") or answer.headers.get("HX-Redirect")
        if target:
            led_to[target] = None
    for target in led_to:
        driven.note(f"GET {target}", client.get(target))


def fields_of(page: str) -> dict[str, list[str]]:
    reader = _Inputs()
    reader.feed(page)
    return reader.fields


class _Inputs(HTMLParser):
    """Collects what the forms of a page hold, as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
        elif tag == "option" and "selected" in given and self._select:
            self._add(self._select, given.get("value", ""))
        elif tag == "input" and name and _is_sent(given):
            self._add(name, given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, text: str) -> None:
        if self._area:
            self._add(self._area, text)

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def _is_sent(given: Mapping[str, str]) -> bool:
    if given.get("type") in {"checkbox", "radio"}:
        return "checked" in given
    return given.get("type") not in {"submit", "button", "image", "file"}
