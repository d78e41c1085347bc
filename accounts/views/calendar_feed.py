"""The expiry calendar for other calendars: its token is asked for, and what it may see now."""

from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.authority import may
from accounts.expiry import seen_by
from accounts.models import CalendarFeed
from accounts.models.calendar_feed import TOKEN_PREFIX
from accounts.principal import Principal
from accounts.refusals import QuotaExceeded
from accounts.tokens import has_shape_of
from accounts.views.links import count_try, told, too_many

LIST = "calendar:ListExpiries"


@require_safe
def calendar_feed_view(request: HttpRequest) -> HttpResponse:
    """Give what expires in the feed's project, as its person may see it at this moment."""
    from accounts.expiry import feed as ical  # noqa: PLC0415 - its library is loaded when asked for

    now = timezone.now()
    found = _feed_of(request.GET.get("token", ""))
    if found is None:
        try:
            count_try(request, "calendar feed", now=now)
        except QuotaExceeded as error:
            return too_many(request, error)
        words = "It was closed, or may not be read any more. Make a new one in the expiry calendar."
        return told(request, "This address opens nothing", words, status=HTTPStatus.FORBIDDEN)
    found.note_use(at=now)
    body = ical.written(
        seen_by(Principal(found.user, found.project), found.project, now=now),
        name=f"Axiom: what expires in {found.project}",
        host=urlsplit(settings.PORTAL_URL).hostname or "axiom",
        portal=settings.PORTAL_URL,
        now=now,
    )
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    add_never_cache_headers(answer)
    return answer


def _feed_of(token: str) -> CalendarFeed | None:
    """Find the feed that a token opens now: authority is asked for again when it is used."""
    if not has_shape_of(token, TOKEN_PREFIX):
        return None
    feed = CalendarFeed.objects.with_token(token).first()
    if feed is None or not may(Principal(feed.user, feed.project), LIST, project=feed.project):
        return None
    return feed
