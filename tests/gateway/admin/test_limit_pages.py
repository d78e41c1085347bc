"""The pages of limits: set, shown with what is used, changed, refused by role."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from gateway.models import Limit
from tests.factories import make_agent, make_key, make_limit, make_member, make_project
from usage.models import LimitAlert, LimitWindow

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ADD = "/admin/gateway/limit/add/"
LIST = "/admin/gateway/limit/"
TYPED = {"name": "Budget", "measure": "usd_per_month", "amount": "25", "is_enabled": "on"}


def browse(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def browser(project):
    return browse(make_member(project, Role.ADMIN))


def page_of(limit, page="change"):
    return f"/admin/gateway/limit/{limit.public_id}/{page}/"


def test_a_limit_is_set_on_the_project(browser, project):
    answer = browser.post(ADD, TYPED | {"project": project.public_id, "subject": ""})

    assert answer.status_code == 302, answer.content
    limit = Limit.objects.get()
    assert (limit.subject, limit.amount, limit.is_shadow) == (project, 25, False)


def test_a_limit_is_set_on_an_agent_or_a_key_that_the_project_has(browser, project):
    own = {"agent": make_agent(project)[0], "key": make_key(project)[0]}
    stranger, _ = make_agent(make_project())

    offered = browser.get(ADD).content.decode()
    for number, subject in enumerate(own.values()):
        typed = {"name": f"No {number}", "subject": subject.public_id}
        browser.post(ADD, TYPED | typed | {"project": project.public_id})
    refused = browser.post(
        ADD, TYPED | {"project": project.public_id, "subject": stranger.public_id}
    )

    assert stranger.public_id not in offered
    assert refused.status_code == 422
    assert {limit.subject for limit in Limit.objects.all()} == set(own.values())


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(browser, project):
    typed = {"project": project.public_id, "measure": "concurrent", "amount": "1.5"}

    answer = browser.post(ADD, TYPED | typed)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Write a whole number." in page
    assert 'value="1.5"' in page
    assert not Limit.objects.exists()


def test_the_page_tells_what_is_used_refused_and_was_told(browser, project):
    limit = make_limit(project, measure="usd_per_month", amount=20, name="Budget")
    windows = LimitWindow.objects.filter(limit=limit.public_id)
    windows.update(spent=Decimal(17), reserved=1, refused=3)
    LimitAlert.objects.create(window=windows.get(), threshold=80, at=timezone.now())

    page = browser.get(page_of(limit)).content.decode()

    assert "$20.00 a month" in page
    assert "$17.00 · 85 %" in page
    assert "and up to $1.00 by calls under way" in page
    assert "3 calls refused" in page
    assert "80 % of the limit “Budget” ($20.00 a month) are used." in page


def test_shadow_mode_tells_what_it_would_have_refused(browser, project):
    limit = make_limit(project, measure="requests_per_minute", amount=20, is_shadow=True)
    LimitWindow.objects.filter(limit=limit.public_id).update(would_refuse=7)

    assert "7 calls would have been refused" in browser.get(page_of(limit)).content.decode()
    assert "7 would have been refused" in browser.get(LIST).content.decode()


def test_a_change_is_saved_and_what_it_counts_stays(browser, project):
    limit = make_limit(project, measure="usd_per_month", amount=20, name="Budget")

    form = browser.get(page_of(limit, "edit")).content.decode()
    answer = browser.post(page_of(limit, "edit"), TYPED | {"amount": "40", "is_shadow": "on"})

    assert 'name="measure"' not in form
    assert answer.status_code == 302
    limit.refresh_from_db()
    assert (limit.amount, limit.is_shadow, limit.is_enabled) == (40, True, True)


def test_deleting_asks_first(browser, project):
    limit = make_limit(project, measure="usd_per_month", amount=20)

    assert "Delete limit" in browser.get(page_of(limit, "delete")).content.decode()
    browser.post(page_of(limit, "delete"))

    assert not Limit.objects.exists()


def test_an_editor_sees_limits_and_sets_none(project, editor):
    limit = make_limit(project, measure="usd_per_month", amount=20, name="Budget")
    browser = browse(editor)

    assert "Budget" in browser.get(LIST).content.decode()
    assert browser.post(ADD, TYPED).status_code == 403
    assert browser.post(page_of(limit, "edit"), TYPED).status_code == 403
    assert browser.post(page_of(limit, "delete")).status_code == 403


def test_a_strangers_limit_does_not_exist(browser):
    limit = make_limit(make_project(), measure="usd_per_month", amount=20, name="Budget")

    assert browser.get(page_of(limit)).status_code == 404
    assert "Budget" not in browser.get(LIST).content.decode()


def test_the_list_asks_as_often_for_many_as_for_one(browser, project):
    def ask():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(LIST).status_code == 200
        return len(asked)

    make_limit(make_agent(project)[0], measure="usd_per_day", amount=5)
    ask()
    few = ask()
    for measure in ("usd_per_week", "concurrent", "tokens_per_minute"):
        make_limit(make_agent(project)[0], measure=measure, amount=5)
        make_limit(make_key(project)[0], measure=measure, amount=5)

    assert ask() == few
