"""Signatures, and tokens that have to be fetched first: the last step before a request goes out."""

from datetime import UTC, datetime

from gateway.forward.destinations import Access
from gateway.forward.failures import AttemptFailed
from providers.kinds import authorizing
from providers.kinds.client import CallFailed, Client
from providers.kinds.kind import Kind
from providers.kinds.vocabulary import Request


async def authorized(kind: Kind, request: Request, access: Access) -> Request:
    """Return the request as it may go out now; most kinds need nothing. Raises AttemptFailed.

    Only a first token, or one that could not be renewed in time, is waited for, in a thread.
    """
    if kind.authorizer is None:
        return request
    client, now = Client(access.policy), datetime.now(UTC)
    try:
        return await authorizing.authorized_soon(kind, request, access.endpoint, client, at=now)
    except CallFailed as error:
        raise AttemptFailed(error.error_class, error.message, status=error.http_status) from error


def note_answer(kind: Kind, access: Access, *, status: int) -> None:
    """Drop a token that the provider no longer takes, so that the next call fetches another."""
    authorizing.note_answer(kind, access.endpoint, status=status)
