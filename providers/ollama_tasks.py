"""What workers do on Ollama servers, and beginning it. Tasks carry ids, run twice safely."""

from collections.abc import Mapping
from typing import Any

from celery import Task, shared_task
from django.db import transaction
from django.utils import timezone

from accounts.audit import Actor
from providers import tasks
from providers.kinds.ollama import tagged
from providers.models import Operation, Provider
from providers.services import ollama


@shared_task(bind=True)
def pull_model(self: Any, *, operation_id: int) -> None:
    """Pull for one slice, and have the next one queued; then ask the server what it has now."""
    now = timezone.now()
    operation = Operation.objects.claim(operation_id, worker=self.request.hostname, now=now)
    if operation is None:
        return
    if ollama.pull(operation):
        if operation.queue_again(now=timezone.now()):
            tasks.enqueue(operation)
        return
    ended_well = bool(operation.result.get("ok"))
    state = Operation.State.SUCCEEDED if ended_well else Operation.State.FAILED
    operation.finish(state, message=operation.message)
    refresh_after(operation)


@shared_task(bind=True)
def delete_pulled(self: Any, *, operation_id: int) -> None:
    tasks.work_at(operation_id, ollama.delete, worker=self.request.hostname)
    refresh_after(Operation.objects.get(pk=operation_id))


def refresh_after(operation: Operation) -> None:
    """List anew what a server has, after what it has was changed."""
    provider = Provider.objects.filter(public_id=operation.target_id).first()
    if provider and operation.is_finished and operation.result.get("ok"):
        tasks.join_or_begin(Operation.Verb.REFRESH_MODELS, provider, by=operation.created_by)


TASK_OF: Mapping[str, Task[Any, None]] = {
    Operation.Verb.PULL_MODEL: pull_model,
    Operation.Verb.DELETE_PULLED: delete_pulled,
}


def begin_pull(provider: Provider, name: str, *, by: Actor) -> Operation:
    """Begin to pull a model, or join the pull of it; raises DependencyDown, or NotOllama."""
    return _begin_on_server(Operation.Verb.PULL_MODEL, provider, name, by=by)


def begin_delete(provider: Provider, name: str, *, by: Actor) -> Operation:
    """Begin to delete a model from its server; raises DependencyDown, or NotOllama."""
    return _begin_on_server(Operation.Verb.DELETE_PULLED, provider, name, by=by)


def _begin_on_server(
    verb: Operation.Verb, provider: Provider, name: str, *, by: Actor
) -> Operation:
    ollama.refuse_other(provider)
    with transaction.atomic():
        operation = Operation.start_on_server(verb, provider, tagged(name), by=by)
        if operation.attempts == 0:
            tasks.enqueue(operation)  # one that is queued already runs once all the same
    return operation
