"""The same POST sent twice: done once, answered twice."""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.utils.encoding import force_bytes
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models.audit import canonical
from accounts.models.kept_answer import KeptAnswer
from accounts.principal import Principal
from accounts.refusals import Refused
from foundation.crypto import derive

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_NAME: Final = re.compile(r"[\x21-\x7e]{1,255}")
_LABEL: Final = "idempotency"


class NameReused(Refused):
    def __init__(self) -> None:
        super().__init__(
            f"This {HEADER} was used for another request: choose a new one.",
            code="idempotency_key_reused",
        )


class StillUnderWay(Refused):
    def __init__(self) -> None:
        super().__init__(
            "The first request of this name is still being done: ask again in a moment.",
            code="idempotency_key_in_use",
        )


class Repeatable:
    """One POST under an Idempotency-Key, from its beginning to the answer that is kept.

    ``shown_once`` names the fields of an answer that are never kept: a repeat tells them as null.
    """

    def __init__(self, row: KeptAnswer, shown_once: Collection[str]) -> None:
        self._row = row
        self._shown_once = shown_once
        self._is_kept = False

    def keep(self, response: Response) -> None:
        """Keep an answer; called in the transaction of a change, both stand or neither does."""
        body = response.data
        if isinstance(body, dict):
            body = body | dict.fromkeys(self._shown_once & body.keys())
        self._row.keep(status=response.status_code, body=body)
        self._is_kept = True

    def end(self, response: Response) -> None:
        """Keep a refusal that a repeat would meet as well; forget what was nobody's decision."""
        passing = response.status_code in {401, 412, 429} or response.status_code >= 500  # noqa: PLR2004 - HTTP's own number
        if passing:
            with suppress(DatabaseError):  # what is left of it counts for two minutes
                KeptAnswer.objects.filter(pk=self._row.pk).delete()
        elif not self._is_kept:
            self.keep(response)


def begin(
    request: Request, principal: Principal, *, shown_once: Collection[str], now: datetime
) -> "Repeatable | Callable[[], Response] | None":
    """Begin a request under its name, or give what answers it again; None without a name.

    Raises ValidationError for a name that does not do, NameReused and StillUnderWay.
    """
    name = request.headers.get(HEADER)
    if name is None:
        return None
    if not _NAME.fullmatch(name):
        raise ValidationError({HEADER: ["Write 1 to 255 visible ASCII characters."]})
    fingerprint = _fingerprint(request)
    row, is_first = KeptAnswer.objects.begin(principal, name, fingerprint=fingerprint, now=now)
    if not hmac.compare_digest(row.fingerprint, fingerprint):
        raise NameReused
    if is_first:
        return Repeatable(row, frozenset(shown_once))
    if row.status is None:
        raise StillUnderWay
    return lambda: _replayed(row)


def _replayed(row: KeptAnswer) -> Response:
    body = row.body if row.status != status.HTTP_204_NO_CONTENT else None
    return Response(body, status=row.status, headers={REPLAYED: "true"})


def _fingerprint(request: Request) -> str:
    """Tell requests apart without keeping what was in them: bodies bring credentials."""
    said: list[Any] = [request.method, request.get_full_path(), request.data]
    key = derive(force_bytes(settings.SECRET_KEY), _LABEL)
    return hmac.new(key, canonical(said).encode(), hashlib.sha256).hexdigest()
