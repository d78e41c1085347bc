"""Every number that the Usage page shows equals the sum over the rows of the calls themselves."""

import random
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Count, F, Sum
from django.urls import reverse
from django.utils import timezone

from foundation.money import spent_label
from tests import factories
from tests.usage.lines import use
from usage.models import UsageRecord
from usage.rolling import roll_up

pytestmark = pytest.mark.django_db

HOME = reverse("admin:usage_usagerecord_changelist")
AGENTS = ("agt_coder", "agt_writer", "")
LABELS = ("Requests", "Failed", "In", "Out", "Cached", "Cost")
GENERATED = F("output_tokens") + F("reasoning_tokens")
CACHED = F("cache_read_tokens") + F("cache_write_tokens")


@pytest.fixture
def used(project):
    """Calls of a month by agents and keys: some rolled up, some fresh, some of somebody else."""
    numbers = random.Random(8)  # noqa: S311 - the same calls each time
    now = timezone.now()
    provider, other = factories.make_provider(project), factories.make_provider()
    for number in range(60):
        if number == 40:
            roll_up(now=now)
        agent = numbers.choice(AGENTS)
        use(
            other if number % 10 == 9 else provider,
            at=now - timedelta(days=numbers.randrange(40), minutes=number),
            model=numbers.choice(("m1", "m2")),
            agent=agent,
            agent_name=agent.removeprefix("agt_"),
            kind_of_use=numbers.choice(("chat", "task", "cron")),
            status=numbers.choice((200, 200, 0, 502)),
            cost=numbers.choice((None, Decimal("0.25"), Decimal("1.000000000001"))),
            input_tokens=numbers.randrange(5_000),
            output_tokens=numbers.randrange(5_000),
            cache_read_tokens=numbers.randrange(5_000),
            reasoning_tokens=numbers.randrange(5_000),
        )
    return UsageRecord.objects.filter(
        project=project, started_at__date__gt=(now - timedelta(days=30)).date()
    )


def summed(rows):
    """Add the rows up, in the order of the page's columns and as it words them."""
    sums = rows.aggregate(
        Count("pk"),
        paid=Sum("cost"),
        read=Sum("input_tokens"),
        made=Sum(GENERATED),
        kept=Sum(CACHED),
    )
    counts = (sums["pk__count"], rows.failed().count(), sums["read"], sums["made"], sums["kept"])
    return [*(f"{count:,}" for count in counts), spent_label(sums["paid"])]


def cells_of(row):
    found = dict(re.findall(r'<td data-label="(\w+)" class="ax-nums">([^<]*)', row))
    return [found[label] for label in LABELS]


def table_of(page, title):
    return re.search(
        rf"<table[^>]*>\s*<caption[^>]*>{title} by cost</caption>.*?</table>", page, re.DOTALL
    )[0]


def test_totals_models_and_agents_equal_the_rows(client, used, viewer):
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(HOME).content.decode()
    requests, failed, read, made, kept, paid = whole = summed(used)

    cards = " ".join(page.split())
    tokens = sum(int(number.replace(",", "")) for number in (read, made, kept))
    for shown in (requests, f"{tokens:,}", paid):
        assert f'<strong class="ax-nums">{shown}</strong>' in cards
    assert f"<p>{failed} failed (" in cards
    assert f"<p>{read} in, {made} out, {kept} cached</p>" in cards

    models = table_of(page, "Models")
    assert cells_of(models.partition("<tfoot>")[2]) == whole
    agents = re.findall(
        r'<th scope="row"><a[^>]*>(\w+)</a>(.*?)</tr>', table_of(page, "Agents"), re.DOTALL
    )
    assert {name: cells_of(row) for name, row in agents} == {
        name: summed(used.filter(agent_name=name)) for name in ("coder", "writer")
    }
