"""Pulling models: in slices, once at a time, going on after whatever broke it off."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from providers import ollama_tasks
from providers.kinds.ollama import PullProgress, name_problem, tagged
from providers.models import Operation
from providers.models.operation import LEASE_S
from providers.services import ollama as pulling
from providers.services import operations
from providers.services.ollama import NotOllama
from tests.factories import make_provider
from tests.providers.ollama.ollama_server import LAYERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(provider, editor):
    return ollama_tasks.begin_pull(provider, "qwen3:8b", by=editor)


def work(operation):
    """Let a worker do what is queued for a pull."""
    ollama_tasks.pull_model.apply(kwargs={"operation_id": operation.pk}, throw=True)
    operation.refresh_from_db()
    return operation


def test_a_pull_shows_bytes_and_stage_and_ends_with_the_model_on_the_server(
    ollama, provider, begun, django_capture_on_commit_callbacks, queued
):
    with django_capture_on_commit_callbacks(execute=True):
        ended = work(begun)

    assert (ended.state, ended.done, ended.total) == ("succeeded", 100, 100)
    assert ended.message == "qwen3:8b is on Attic."
    assert ended.result["completed"] == ended.result["total"] == sum(LAYERS.values())
    assert ("refresh_models", {"operation_id": refresh().pk}) in queued


def refresh():
    return Operation.objects.get(verb="refresh_models")


def test_two_pulls_of_one_model_are_one(provider, begun, editor):
    assert ollama_tasks.begin_pull(provider, "qwen3:8b", by=editor) == begun
    assert ollama_tasks.begin_pull(provider, "llama3.3", by=editor) != begun
    with pytest.raises(IntegrityError):
        Operation.objects.create(
            verb="pull_model", target_id=begun.target_id, target_name="qwen3:8b"
        )


def test_a_name_without_a_tag_is_the_latest(provider, editor):
    begun = ollama_tasks.begin_pull(provider, "mistral", by=editor)

    assert begun.target_name == "mistral:latest"
    assert ollama_tasks.begin_pull(provider, "mistral:latest", by=editor) == begun


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("host:5000/team/model", "host:5000/team/model:latest"),
        ("hf.co/team/model:Q4_K_M", "hf.co/team/model:Q4_K_M"),
    ],
)
def test_the_port_of_a_registry_is_no_tag(name, listed):
    assert tagged(name) == listed


def test_a_pull_that_fails_half_way_goes_on_where_it_was(ollama, begun):
    ollama.pieces = 4

    first = work(begun)
    assert (first.state, first.result["percent"]) == ("queued", 66)
    assert "Going on." in first.message
    ollama.pieces = None
    ended = work(begun)

    assert ended.state == "succeeded"
    assert ollama.pulls() == ["qwen3:8b", "qwen3:8b"]


def test_a_long_pull_is_done_in_slices_that_keep_under_the_lease(ollama, begun, monkeypatch):
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(pulling, "NOTED_EVERY_S", 0.0)

    first = work(begun)

    assert first.state == "queued"
    assert first.result["idle"] == 0


def test_a_pull_that_stalls_is_tried_again_and_given_up_in_the_end(ollama, begun, monkeypatch):
    monkeypatch.setattr(pulling, "SILENCE_S", 0.05)
    ollama.stalls.clear()

    for _ in range(pulling.MOST_IDLE - 1):
        assert work(begun).state == "queued"
    ended = work(begun)

    assert ended.state == "failed"
    assert "did not answer completely within" in ended.message


def test_a_pull_that_stalls_for_a_while_goes_on(ollama, begun, monkeypatch):
    monkeypatch.setattr(pulling, "SILENCE_S", 0.05)
    ollama.stalls.clear()
    assert work(begun).result["idle"] == 1
    monkeypatch.undo()
    ollama.stalls.set()

    assert work(begun).state == "succeeded"


def test_what_the_server_says_ends_the_pull(ollama, begun):
    ollama.error = "pull model manifest: file does not exist"

    ended = work(begun)

    assert ended.state == "failed"
    assert ended.message == "Attic says: “pull model manifest: file does not exist”"


def test_a_cancelled_pull_hangs_up_and_stays_cancelled(ollama, begun, owner, monkeypatch):
    monkeypatch.setattr(pulling, "NOTED_EVERY_S", 0.0)
    note = pulling._note

    def cancel_first(operation, progress):
        Operation.objects.get(pk=operation.pk).cancel(by=owner)
        monkeypatch.setattr(pulling, "_note", note)
        return note(operation, progress)

    monkeypatch.setattr(pulling, "_note", cancel_first)

    ended = work(begun)

    assert ended.state == "cancelled"
    assert sum(ollama.pulled.get("qwen3:8b", {}).values()) <= sum(LAYERS.values())


def test_a_dead_workers_pull_is_taken_up_however_often_it_was_begun(begun):
    now = timezone.now()
    for attempt in range(6):
        later = now + timedelta(seconds=(LEASE_S + 1) * attempt)
        assert Operation.objects.claim(begun.pk, worker="celery@one", now=later)
        abandoned = operations.abandoned(now=later + timedelta(seconds=LEASE_S + 1))
        assert abandoned == [begun]


def test_nothing_is_pulled_at_a_vendors(project, editor):
    with pytest.raises(NotOllama):
        ollama_tasks.begin_pull(make_provider(project), "llama3.3", by=editor)


def test_deleting_asks_the_server_and_lists_anew(
    ollama, provider, editor, django_capture_on_commit_callbacks, queued
):
    begun = ollama_tasks.begin_delete(provider, "llama3.3:70b", by=editor)

    with django_capture_on_commit_callbacks(execute=True):
        ollama_tasks.delete_pulled.apply(kwargs={"operation_id": begun.pk}, throw=True)

    begun.refresh_from_db()
    assert begun.message == "llama3.3:70b is no longer on Attic."
    assert [tag["name"] for tag in ollama.models] == ["nomic-embed-text:latest"]
    assert queued[-1][0] == "refresh_models"


def test_deleting_what_is_gone_is_done(ollama, provider, editor):
    begun = ollama_tasks.begin_delete(provider, "never-there", by=editor)
    ollama_tasks.delete_pulled.apply(kwargs={"operation_id": begun.pk}, throw=True)

    begun.refresh_from_db()
    assert begun.result["ok"]


def test_an_unreachable_server_is_told_as_such(ollama, provider, editor):
    ollama.stop()
    begun = ollama_tasks.begin_delete(provider, "llama3.3:70b", by=editor)
    ollama_tasks.delete_pulled.apply(kwargs={"operation_id": begun.pk}, throw=True)

    begun.refresh_from_db()
    assert begun.result["ok"] is False
    assert "Could not reach" in begun.message


def test_percent_is_of_the_bytes_of_all_layers():
    progress = PullProgress()
    for line in (
        b'{"status":"pulling manifest"}',
        b'{"status":"pulling aa","digest":"sha256:aa","total":300}',
        b'{"status":"pulling aa","digest":"sha256:aa","total":300,"completed":150}',
        b'{"status":"pulling bb","digest":"sha256:bb","total":100,"completed":100}',
        b"not json",
    ):
        progress = progress.after(line)

    assert (progress.percent, progress.stage) == (62, "pulling bb")
    assert progress.after(b'{"status":"success"}').percent == 100
    assert PullProgress.of_result(progress.as_result()) == progress


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 201, "a\nb"])
def test_a_name_that_is_none_is_refused(name):
    assert name_problem(name)


@pytest.mark.parametrize("name", ["llama3.3", "hf.co/team/model:Q4_K_M", "registry.example/a/b:c"])
def test_names_of_other_registries_will_do(name):
    assert name_problem(name) == ""
