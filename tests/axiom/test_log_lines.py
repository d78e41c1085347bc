"""What stands in the log: one line an event, and of a failure no variable's value."""

import json
import logging

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from axiom.logs import JsonFormatter, LineFormatter

logger = structlog.get_logger("some.part")


@pytest.fixture
def line(caplog):
    """Give the last line as the log shows it."""
    caplog.set_level(logging.INFO)
    return lambda: LineFormatter().format(caplog.records[-1])


def test_an_event_is_one_line_with_its_facts_and_the_request(line):
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        logger.warning("something is 100%", part="worker", count=3)

    said = "WARNING some.part: something is 100% part=worker count=3 request_id=req_1"
    assert line()[9:] == said


def test_a_failure_is_told_without_the_values_of_its_variables(line):
    def fail(api_key):
        raise ValueError("no answer")

    secret = "sk-not-for-the-log"
    try:
        fail(secret)
    except ValueError:
        logger.exception("operation failed", operation="opn_1")

    said = line()
    assert "operation failed operation=opn_1" in said
    assert "ValueError: no answer" in said
    assert secret not in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["beat", "worker.strategy", "worker.request", "app.trace"])
def test_what_runs_each_second_is_a_line_where_it_fails(name, caplog):
    celery = logging.getLogger(f"celery.{name}")
    caplog.set_level(logging.INFO, celery.name)

    celery.info("Task %s succeeded", "usage.tasks.post_batches[1]")
    celery.info("Task %s succeeded", "usage.tasks.roll_up[2]")
    celery.error("Task %s raised", "usage.tasks.post_batches[3]")

    assert caplog.messages == [
        "Task usage.tasks.roll_up[2] succeeded",
        "Task usage.tasks.post_batches[3] raised",
    ]


def test_nothing_is_printed_beside_the_log(capsys):
    logger.error("heard by the log alone")

    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_the_most_talkative_log_holds_no_context_of_a_page_and_no_value_of_a_query(
    caplog, client, owner
):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    caplog.set_level(logging.DEBUG)

    with CaptureQueriesContext(connection):
        assert client.get(reverse("admin:providers_secret_changelist")).status_code == 200

    telling = ("django.template", "django.db.backends")
    assert not [record for record in caplog.records if record.name.startswith(telling)]


def test_as_json_an_event_is_one_object_with_its_facts(caplog):
    caplog.set_level(logging.INFO)
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        logger.warning("something\nhappened", part="worker")

    line = JsonFormatter().format(caplog.records[-1])

    assert "\n" not in line
    told = json.loads(line)
    told.pop("at")
    assert told == {
        "level": "warning",
        "logger": "some.part",
        "message": "something\nhappened",
        "part": "worker",
        "request_id": "req_1",
    }


def test_as_json_a_failure_has_its_lines_and_no_values(caplog):
    secret = "sk-not-for-the-log"

    def fail(api_key):
        raise ValueError("no answer")

    try:
        fail(secret)
    except ValueError:
        logging.getLogger("plain").exception("it failed: %s", 3)

    told = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert told["message"] == "it failed: 3"
    assert "no answer" in told["exception"]
    assert secret not in told["exception"].replace("fail(secret)", "")
