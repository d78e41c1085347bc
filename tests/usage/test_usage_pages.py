"""The Usage page and its neighbours: numbers in words, walls, and no content."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.usage.lines import use
from usage.models import UsageRecord, Writer
from usage.models.writer import Seen
from usage.rolling import roll_up

pytestmark = pytest.mark.django_db

HOME = reverse("admin:usage_usagerecord_changelist")
REQUESTS = reverse("admin:usage_usagerecord_requests")
EXPORT = reverse("admin:usage_usagerecord_export")
RECONCILE = reverse("admin:usage_usagerecord_reconcile")


@pytest.fixture
def browse(client):
    def signed_in(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def provider(project):
    made = factories.make_provider(project, name="Main")
    now = timezone.now()
    use(made, at=now - timedelta(days=1), model="m1", cost=Decimal("0.75"), latency_ms=400)
    use(made, at=now - timedelta(days=2), model="m2", cost=Decimal("0.25"), kind_of_use="test")
    use(made, at=now, model="m2", cost=None, status=502, key="key_other", key_name="=1+1")
    roll_up(now=now)
    return made


def shown(answer):
    return " ".join(answer.content.decode().split())


def test_it_says_what_was_used(browse, provider, viewer):
    page = shown(browse(viewer).get(HOME))

    assert '<strong class="ax-nums">3</strong>' in page
    assert "1 failed (33.3 %)" in page
    assert "1 request without a known price" in page
    assert "75.0 %" in page
    assert "ada@example.com" in page
    assert "Loss meter" not in page


def test_staff_see_what_was_lost(browse, provider, staff):
    Writer.objects.note_seen("gwy_1", Seen(7, 0, 0), at=timezone.now())

    page = shown(browse(staff).get(HOME))

    assert "Loss meter" in page
    assert "calls that a gateway saw have no row" in page


@pytest.mark.parametrize("query", ["?days=7", "?days=90", "?provider=aip_none", "?from=2026-01-01"])
def test_any_days_and_anything_narrower_can_be_asked(browse, provider, viewer, query):
    assert browse(viewer).get(HOME + query).status_code == 200


def test_narrowed_it_counts_those_alone_and_offers_the_others(browse, provider, viewer):
    page = shown(browse(viewer).get(f"{HOME}?model=m1"))

    assert '<strong class="ax-nums">1</strong>' in page
    assert "Model: m2" in page


@pytest.mark.parametrize("query", ["?days=0", "?from=x", "?from=2026-02-01&to=2026-01-01"])
def test_what_can_not_be_asked_is_said(browse, provider, viewer, query):
    answer = browse(viewer).get(HOME + query)

    assert answer.status_code == 200
    assert [str(message) for message in answer.context["messages"]]


def test_without_any_use_it_says_so(browse, project, viewer):
    assert "Nothing was used in these days" in shown(browse(viewer).get(HOME))


def test_pages_ask_as_often_for_many_rows_as_for_few(browse, provider, viewer):
    browser, now = browse(viewer), timezone.now()
    addresses = (HOME, f"{HOME}?model=m1", REQUESTS)

    def counts():
        told = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                browser.get(address)
            told.append(len(captured))
        return told

    counts()  # the types of content are known from here on
    few = counts()
    for number in range(20):
        use(provider, at=now - timedelta(days=number), model=f"many-{number}", key=f"key_{number}")

    assert counts() == few
    assert max(few) <= 20


def test_requests_are_listed_and_paged_without_their_content(browse, provider, viewer, monkeypatch):
    monkeypatch.setattr("usage.admin.pages.PER_PAGE", 2)
    browser = browse(viewer)

    first = browser.get(REQUESTS)
    older = browser.get(REQUESTS + first.context["older_query"])

    assert [call.model for call in first.context["calls"]] == ["m2", "m1"]
    assert [call.model for call in older.context["calls"]] == ["m2"]
    assert not older.context["older_query"]
    assert [call.status for call in browser.get(f"{REQUESTS}?failed=1").context["calls"]] == [502]


def test_one_request_is_told_in_numbers(browse, provider, viewer, stranger):
    row = UsageRecord.objects.earliest("started_at")
    address = reverse("admin:usage_usagerecord_change", args=[row.public_id])

    assert "$0.25" in shown(browse(viewer).get(address))
    assert browse(viewer).post(address, {}).status_code == 404
    assert browse(stranger).get(address).status_code == 404


def test_a_stranger_sees_nothing_of_it(browse, provider, stranger):
    browser = browse(stranger)

    assert "Nothing was used in these days" in shown(browser.get(HOME))
    assert browser.get(REQUESTS).context["calls"] == []
    assert b"m1" not in b"".join(browser.get(EXPORT))


def test_the_export_has_every_part_and_no_formula(browse, provider, viewer):
    answer = browse(viewer).get(EXPORT)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))

    assert answer["Content-Disposition"].startswith('attachment; filename="usage-')
    assert sum(int(row["requests"]) for row in rows) == 3
    assert sorted(row["cost"] for row in rows) == ["", "0.250000000000", "0.750000000000"]
    assert {"'=1+1"} == {row["key_name"] for row in rows if row["key_public_id"] == "key_other"}


def statement(text, name="usage.csv"):
    return SimpleUploadedFile(name, text.encode())


def test_a_providers_export_is_compared_model_by_model(browse, provider, viewer):
    day = (timezone.now() - timedelta(days=1)).date().isoformat()
    text = f"Date,Model,Input tokens,Output tokens,Cost USD\n{day},m1,8,7,1.00\n{day},m9,5,5,2\n"

    answer = browse(viewer).post(
        RECONCILE, {"provider": provider.public_id, "statement": statement(text)}
    )

    told = {row["model"]: row for row in answer.context["drifts"]}
    assert (told["m1"]["tokens"], told["m1"]["cost"]) == ("0.0 %", "+25.0 %")
    assert (told["m9"]["tokens"], told["m9"]["ours"].prompt) == ("+100.0 %", 0)
    assert told["m1"]["is_far"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "{]", "date,model\nnever,m1\n"])
def test_what_is_no_export_is_told_as_such(browse, provider, viewer, text):
    answer = browse(viewer).post(
        RECONCILE, {"provider": provider.public_id, "statement": statement(text)}
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors["statement"]
