"""Tokens of logins, renewed for calls that need one: in threads of their own, never in the loop."""

import asyncio
import logging
from datetime import datetime
from functools import partial
from typing import Final

from django.utils import timezone

from gateway.database import Database, DatabaseAway
from gateway.forward.failures import AttemptFailed
from providers.kinds.vocabulary import ErrorClass
from providers.models import Provider
from providers.services.logins import renewal

logger = logging.getLogger(__name__)

_THREADS: Final = 4
_LONGEST_S: Final = renewal.LIMIT_S + 1.0


class Logins:
    """Has a provider's token renewed, once for all calls that wait; other processes are waited for.

    A renewal holds a thread for up to 15 s, so it takes none of those that look things up.
    """

    def __init__(self) -> None:
        self._database = Database(threads=_THREADS, longest_s=_LONGEST_S)
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def renew(self, provider_pk: int) -> None:
        """Wait until the provider has a good token, at most as long as a renewal may take.

        Raises AttemptFailed where none is to be had now, SecretNeedsValue where somebody has to
        sign in, DatabaseAway.
        """
        task = self._under_way.get(provider_pk)
        if task is None:
            task = asyncio.create_task(self._database.run(partial(_renew, provider_pk)))
            self._under_way[provider_pk] = task
            task.add_done_callback(partial(self._ended, provider_pk))
        try:
            await asyncio.shield(task)
        except renewal.RenewalFailed as error:
            raise AttemptFailed(ErrorClass.PROVIDER_ERROR, str(error)) from error

    def distrust(self, provider_pk: int, *, token_of: datetime | None) -> None:
        """Note that a provider no longer takes its token; nobody waits for that."""
        note = asyncio.create_task(self._note(provider_pk, token_of))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def close(self) -> None:
        await self._database.close()

    async def _note(self, provider_pk: int, token_of: datetime | None) -> None:
        note = partial(renewal.distrust, provider_pk, token_of=token_of, now=timezone.now())
        try:
            await self._database.run(note)
        except DatabaseAway:
            logger.info("a refused token is not noted: the database is away")

    def _ended(self, provider_pk: int, task: asyncio.Task[None]) -> None:
        if self._under_way.get(provider_pk) is task:
            del self._under_way[provider_pk]
        if not task.cancelled():
            task.exception()  # whoever waited was told; nobody may have waited to the end


def _renew(provider_pk: int) -> None:
    provider = Provider.objects.with_secret().get(pk=provider_pk)
    renewal.fresh(provider.standing_login())
