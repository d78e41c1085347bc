"""Usage over REST in another form: as a spreadsheet reads it."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests import factories
from tests.usage.lines import use

pytestmark = pytest.mark.django_db

PATH = "/api/v1/usage"
AS_CSV = {"Accept": "text/csv"}


@pytest.fixture
def script(project, viewer):
    client = APIClient()
    token = factories.make_key(project, created_by=viewer)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture(autouse=True)
def provider(project):
    made = factories.make_provider(project, name="Main")
    use(made, at=timezone.now(), model="m1", key_name="=1+1")
    use(made, at=timezone.now() - timedelta(days=10), model="m2", key_name="nightly")
    use(factories.make_provider(), at=timezone.now(), model="theirs")
    return made


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


def test_csv_has_every_part_of_the_own_project_and_no_formula(script):
    answer = script.get(PATH, headers=AS_CSV)

    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Vary"].count("Accept")
    named = {(row["model"], row["key_name"]) for row in rows_of(answer)}
    assert named == {("m1", "'=1+1"), ("m2", "nightly")}


def test_csv_is_narrowed_as_the_sums_are(script):
    answer = script.get(PATH, {"days": "7", "model": "m1"}, headers=AS_CSV)

    assert [row["model"] for row in rows_of(answer)] == ["m1"]


def test_what_can_not_be_asked_is_told_as_json_all_the_same(script):
    refused = script.get(PATH, {"days": "801"}, headers=AS_CSV)

    assert refused.status_code == 400
    assert "days" in refused.json()["error"]["meta"]["fields"]


@pytest.mark.parametrize("accepts", ["*/*", "application/json, text/csv", "text/html"])
def test_json_is_the_form_unless_csv_is_what_is_wanted(script, accepts):
    assert script.get(PATH, headers={"Accept": accepts}).json()["totals"]["requests"] == 2
