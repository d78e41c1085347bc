"""What live lists have in common: whether they are there, and how they go on."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

from providers.kinds.dialects import reading
from providers.kinds.vocabulary import Answer, Endpoint, Request


def names_of(listed: Iterable[str]) -> frozenset[str]:
    """Give every way of naming what a server of installed models lists.

    One without a tag is the one that is tagged `latest`.
    """
    names = frozenset(listed)
    return names | {name.removesuffix(":latest") for name in names}


class OnePage:
    """A live list that comes whole."""

    __slots__ = ()

    @property
    def is_live(self) -> bool:
        return True

    def request_after(self, endpoint: Endpoint, answer: Answer) -> Request | None:  # noqa: ARG002 - nothing follows
        return None


class Pages:
    """A live list that goes on where an answer names what its next page begins with.

    `next_is` is the answer's field for that, `parameter` the query's word that sends it back; where
    there is a `flag`, that one says whether it goes on.
    """

    __slots__ = ()

    next_is: ClassVar[str] = "nextPageToken"
    parameter: ClassVar[str] = "pageToken"
    flag: ClassVar[str] = ""

    @property
    def is_live(self) -> bool:
        return True

    def request(self, endpoint: Endpoint) -> Request:
        raise NotImplementedError

    def request_after(self, endpoint: Endpoint, answer: Answer) -> Request | None:
        page = reading.event_of(answer.body)
        token = reading.text(page, self.next_is)
        goes_on = page.get(self.flag) is True if self.flag else True
        if not token or not goes_on:
            return None
        first = self.request(endpoint)
        url = f"{first.url}&{self.parameter}={quote(token, safe='')}"
        return replace(first, url=url)
