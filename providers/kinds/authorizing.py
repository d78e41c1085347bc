"""The last step before a request goes out: signatures, and tokens that have to be fetched first.

The worker calls `authorized`, an event loop awaits `authorized_soon`; what has been fetched is in
the memory of the process and serves both. See docs/adr/0013-what-happens-to-a-credential.md.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from providers.kinds.client import CallFailed, Client
from providers.kinds.kind import Kind
from providers.kinds.vocabulary import Endpoint, NotAuthorized, Request, Send

TOKEN_TIMEOUT_S: Final = 10.0  # within the shortest limit of any call
_MOST_TOKEN_BYTES: Final = 65_536


def authorized(
    kind: Kind, request: Request, endpoint: Endpoint, client: Client, *, at: datetime
) -> Request:
    """Return the request as it may go out now.

    Where a token has to be fetched first, that takes a call by `client`, up to 10 s. Raises
    `CallFailed`, nothing else.
    """
    if kind.authorizer is None:
        return request
    with _told_as_failed_call():
        return kind.authorizer.authorized(request, endpoint, at=at, send=_sending(client))


async def authorized_soon(
    kind: Kind, request: Request, endpoint: Endpoint, client: Client, *, at: datetime
) -> Request:
    """Return the request as it may go out now, without holding up the event loop.

    Signatures, and tokens that are known, cost no wait; only the first token, or one that could
    not be renewed in time, is fetched in a thread. Raises `CallFailed`.
    """
    if kind.authorizer is None:
        return request
    with _told_as_failed_call():
        ready = kind.authorizer.at_once(request, endpoint, at=at, send=_sending(client))
    if ready is not None:
        return ready
    return await asyncio.to_thread(authorized, kind, request, endpoint, client, at=at)


def note_answer(kind: Kind, endpoint: Endpoint, *, status: int) -> None:
    """Drop what was fetched for the endpoint if the provider no longer takes it (HTTP 401)."""
    if kind.authorizer is not None and status == HTTPStatus.UNAUTHORIZED:
        kind.authorizer.forget(endpoint)


def _sending(client: Client) -> Send:
    return partial(client.send, timeout_s=TOKEN_TIMEOUT_S, max_body=_MOST_TOKEN_BYTES)


@contextmanager
def _told_as_failed_call() -> Iterator[None]:
    try:
        yield
    except NotAuthorized as error:
        failure = error.failure
        raise CallFailed(
            failure.error_class, failure.message, http_status=failure.http_status
        ) from error
