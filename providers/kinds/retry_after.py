"""When a provider wants to be asked again."""

import math
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

from providers.kinds import provider_words
from providers.kinds.dialects import reading
from providers.kinds.vocabulary import Answer

LONGEST_WAIT = timedelta(days=1)

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?")


def retry_after_s(answer: Answer) -> int | None:
    """Return the seconds to wait, rounded up, at most a day; None when the answer names none.

    Reads `Retry-After` in seconds or as a date (against the answer's own `Date`, so that our
    clock does not matter), then the `RetryInfo` in Google's error details.
    """
    header = answer.headers.get("retry-after", "").strip()
    seconds = _seconds(header)
    if seconds is None and header:
        seconds = _seconds_until(header, answer.headers.get("date", ""))
    if seconds is None:
        seconds = _seconds(_google_delay(answer))
    return None if seconds is None else math.ceil(min(seconds, LONGEST_WAIT.total_seconds()))


def _seconds(text: str) -> float | None:
    match = _SECONDS.fullmatch(text)
    return float(match.group(1)) if match else None


def _seconds_until(moment: str, now: str) -> float | None:
    try:
        wait = parsedate_to_datetime(moment) - parsedate_to_datetime(now)
    except (TypeError, ValueError):
        return None
    return max(wait.total_seconds(), 0)


def _google_delay(answer: Answer) -> str:
    body = provider_words.json_of(answer)
    if isinstance(body, list) and body:
        body = body[0]
    error = reading.mapping(body, "error") if isinstance(body, dict) else {}
    delays = (reading.text(detail, "retryDelay") for detail in reading.objects(error, "details"))
    return next((delay for delay in delays if delay), "")
