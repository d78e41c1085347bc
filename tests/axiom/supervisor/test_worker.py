"""The worker on a broker of our own, killed in the middle of a task."""

from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

from axiom.celery import REDELIVERED_AFTER_S, SLOW, app
from axiom.supervisor.parts import Installation, parts_of
from gateway.tasks import run_cronjob
from providers import ollama_tasks, tasks

pytestmark = pytest.mark.embedded

HERE = Path(__file__).parent


def commands():
    here = Installation(Path("/nowhere"), "localhost", "127.0.0.1", 1, 2, None)
    return {part.name: part.command for part in parts_of(here)}


def worker_command():
    command = commands()["slow"]
    return [word if word != "axiom" else "chaos_tasks" for word in command]


def test_a_task_of_a_killed_worker_is_finished_by_the_next(
    programs, start_broker, set_up, tmp_path
):
    _, socket = start_broker(set_up / "valkey")
    environment = {"AXIOM_DATA": str(set_up), "PYTHONPATH": f"{HERE}:{HERE.parents[2]}"}
    with Celery("sender", broker=f"redis+socket://{socket}") as sender:
        sender.send_task(
            "chaos.live_twice", kwargs={"begun": str(tmp_path / "begun")}, queue="slow"
        )

    worker = programs(worker_command(), environment)
    worker.line_with("first life begun")
    worker.popen.kill()
    worker.ended()
    heir = programs(worker_command(), {**environment, "CHAOS_REDELIVERED_AFTER_S": "1"})

    heir.line_with("second life ended")
    assert heir.stop() == 0


def test_a_task_leaves_the_broker_only_when_it_has_ended():
    assert app.conf.task_acks_late
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] == REDELIVERED_AFTER_S


def test_operations_and_runs_of_cronjobs_never_keep_a_health_check_waiting():
    operations = (*tasks.TASK_OF.values(), *ollama_tasks.TASK_OF.values())
    queues = {name: commands()[name] for name in ("worker", "slow")}

    assert set(SLOW) == {task.name for task in (run_cronjob, *operations)}
    for name, queue in (*((name, "slow") for name in SLOW), (tasks.check_provider.name, "default")):
        assert app.amqp.router.route({}, name)["queue"].name == queue
    assert "default" in queues["worker"]
    assert "slow" in queues["slow"]
    assert not {"slow", "default,slow"} & set(queues["worker"])


def test_no_worker_goes_on_with_what_the_other_has_begun():
    named = [name for name, command in commands().items() if "--hostname" in command]

    assert named == ["slow"]


def test_the_schedule_is_in_the_database_and_in_utc():
    assert app.conf.beat_scheduler == "django_celery_beat.schedulers:DatabaseScheduler"
    assert app.conf.timezone == settings.TIME_ZONE == "UTC"
