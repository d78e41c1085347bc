"""What the worker does: load, call once, save. Tasks carry ids, run twice safely."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import structlog
from celery import Task, shared_task
from celery.signals import worker_ready
from django.db import transaction
from django.utils import timezone

from accounts.audit import Actor
from accounts.queueing import to_the_queue
from accounts.refusals import DependencyDown, Unsupported
from providers import live_traffic
from providers.models import Operation, Provider, ProviderModel
from providers.models.operation import MOST_AT_ONCE
from providers.services import catalog, health, monitor, operations, work

MOST_OBSERVED = 2_000  # of live traffic at once; what is left is taken three seconds later

logger = structlog.get_logger(__name__)

Target = TypeVar("Target", Provider, ProviderModel)


@shared_task(bind=True)
def test_model(self: Any, *, operation_id: int) -> None:
    work_at(operation_id, work.test, worker=self.request.hostname)


@shared_task(bind=True)
def import_catalog(self: Any, *, operation_id: int) -> None:
    work_at(operation_id, work.import_catalog, worker=self.request.hostname)


@shared_task(bind=True)
def refresh_models(self: Any, *, operation_id: int) -> None:
    work_at(operation_id, work.refresh, worker=self.request.hostname)


@shared_task(bind=True)
def sync_catalog(self: Any, *, operation_id: int) -> None:
    work_at(operation_id, work.sync_catalog, worker=self.request.hostname)


def work_at(operation_id: int, act: Callable[[Operation], None], *, worker: str) -> None:
    """Do the work unless somebody else does or did, report how it went, and call the next."""
    operation = Operation.objects.claim(operation_id, worker=worker, now=timezone.now())
    if operation is None:
        return
    with operation.reporting():
        act(operation)
    call_next(operation.lane)


def call_next(lane: str) -> None:
    """Queue what waited in a lane for the call that has just ended."""
    for operation in Operation.objects.next_in(lane, now=timezone.now()):
        enqueue(operation)


@shared_task
def check_provider(*, provider_id: int) -> None:
    """Check a provider that waits for it, unless another worker is at it: that one looks again."""
    now = timezone.now()
    waiting = Provider.objects.awaiting_check()
    provider = waiting.take_for_check(provider_id, now=now)
    if provider is None:
        return
    health.check(provider, now=now)
    if waiting.filter(pk=provider_id).exists():
        check_provider.apply_async(kwargs={"provider_id": provider_id})


@shared_task
def watch_health() -> None:
    """Take what clients' requests saw as evidence, and have what is due checked.

    A second scheduler finds nothing left to do.
    """
    now = timezone.now()
    answered = monitor.note_live(live_traffic.take(most=MOST_OBSERVED), now=now)
    check_soon(*dict.fromkeys([*answered, *monitor.take_due(now=now)]))


@shared_task
def forget_expired_health_checks() -> None:
    health.forget_expired(now=timezone.now())


@shared_task
def resume_abandoned_operations() -> None:
    for operation in operations.abandoned(now=timezone.now()):
        enqueue(operation)


@worker_ready.connect
def resume_what_this_worker_left(sender: Any, **_: Any) -> None:
    """Go on with the work of an earlier worker of this name, which can't be alive any more."""
    for operation in operations.left_by(sender.hostname, now=timezone.now()):
        enqueue(operation)


TASK_OF: Mapping[str, Task[Any, None]] = {
    Operation.Verb.TEST_MODEL: test_model,
    Operation.Verb.IMPORT_CATALOG: import_catalog,
    Operation.Verb.REFRESH_MODELS: refresh_models,
    Operation.Verb.SYNC_CATALOG: sync_catalog,
}


def begin_test(model: ProviderModel, *, by: Actor) -> Operation:
    """Begin a test of the model, or join the one that is under way; raises DependencyDown."""
    return begin_tests([model], by=by)[0]


def begin_tests(models: Iterable[ProviderModel], *, by: Actor) -> list[Operation]:
    """Begin a test of each model that is not being tested yet; raises DependencyDown."""
    wanted = dict.fromkeys(models)
    return [join_or_begin(Operation.Verb.TEST_MODEL, model, by=by) for model in wanted]


def begin_tests_of(providers: Iterable[Provider], *, by: Actor) -> list[Operation]:
    """Begin a test of each enabled model that is not being tested yet; raises DependencyDown.

    Gives one operation for each project, which counts how far they are; none where all the
    models are being tested already. The providers come with their models.
    """
    models = [model for each in providers for model in each.models.all() if model.is_enabled]
    verbs = Operation.Verb.TEST_MODEL, Operation.Verb.TEST_SEVERAL
    return _begin_several(*verbs, models, "model", by=by)


def begin_imports(providers: Iterable[Provider], *, by: Actor) -> list[Operation]:
    """Begin an import into each provider, counted as `begin_tests_of` counts its tests."""
    verbs = Operation.Verb.IMPORT_CATALOG, Operation.Verb.IMPORT_SEVERAL
    return _begin_several(*verbs, providers, "provider", by=by)


def begin_import(provider: Provider, *, by: Actor) -> Operation:
    """Begin an import from the catalog, or join the one under way.

    Raises DependencyDown, or NothingToImport.
    """
    catalog.refuse_import(provider)
    return join_or_begin(Operation.Verb.IMPORT_CATALOG, provider, by=by)


def begin_refresh(provider: Provider, *, by: Actor) -> Operation:
    """Begin to ask a provider for its models, or join who asks already; raises DependencyDown."""
    return join_or_begin(Operation.Verb.REFRESH_MODELS, provider, by=by)


def begin_sync(version: str, *, by: Actor) -> Operation:
    """Begin to bring the catalog up to date, or join who does; raises DependencyDown."""
    running = Operation.objects.unfinished().filter(verb=Operation.Verb.SYNC_CATALOG).first()
    if running:
        return running
    with transaction.atomic():
        operation = Operation.start_sync(version, by=by)
        enqueue(operation)
    return operation


def join_or_begin(
    verb: Operation.Verb, target: Provider | ProviderModel, *, by: Actor
) -> Operation:
    """Begin what nobody is at yet: of two who ask at once, the second waits and joins."""
    with transaction.atomic():
        _hold([target])
        unfinished = Operation.objects.unfinished().filter(verb=verb, target_id=target.public_id)
        under_way = unfinished.first()
        if under_way:
            return under_way
        operation = Operation.start(verb, target, by=by)
        enqueue(operation)
    return operation


def _hold(targets: Iterable[Provider | ProviderModel]) -> None:
    """Let nobody else begin work on these providers until the transaction ends."""
    pks = {each.provider_id if isinstance(each, ProviderModel) else each.pk for each in targets}
    list(Provider.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))


def _not_under_way(verb: Operation.Verb, targets: Iterable[Target]) -> list[Target]:
    running = Operation.objects.unfinished().filter(verb=verb)
    under_way = set(running.values_list("target_id", flat=True))
    return [target for target in targets if target.public_id not in under_way]


def _begin_several(
    verb: Operation.Verb, of: Operation.Verb, targets: Iterable[Target], noun: str, *, by: Actor
) -> list[Operation]:
    wholes = []
    by_project: dict[int | None, list[Target]] = {}
    for target in targets:
        provider = target.provider if isinstance(target, ProviderModel) else target
        by_project.setdefault(provider.project_id, []).append(target)
    for asked in by_project.values():
        with transaction.atomic():
            _hold(asked)
            mine = _not_under_way(verb, asked)
            if not mine:
                continue
            about = str(mine[0]) if len(mine) == 1 else f"{len(mine)} {noun}s"
            whole = Operation.start_parts(verb, mine, of=of, about=about, by=by)
            transaction.on_commit(partial(_send_first, whole))
        wholes.append(whole)
    return wholes


def _send_first(whole: Operation) -> None:
    """Queue as much of each lane as it may ever take at once; what ends calls the next."""
    sent: Counter[str] = Counter()
    for operation in whole.parts.order_by("pk"):
        sent[operation.lane] += 1
        if operation.lane and sent[operation.lane] > MOST_AT_ONCE:
            continue
        try:
            _send(operation)
        except DependencyDown:
            whole.give_up_parts("The task queue did not answer. Try it again.")
            raise


def begin_check(provider: Provider) -> None:
    """Have a provider checked, or join the check that is under way.

    Raises DependencyDown, and Unsupported for a kind that nothing can be asked of for free.
    """
    if not provider.can_be_checked:
        raise Unsupported(
            f"{provider.name} has no free call that shows its health: test a model, or choose "
            "paid probes.",
            code="health_check_unsupported",
        )
    if not provider.is_being_checked(now=timezone.now()):
        _ask_check([provider])


def check_soon(*providers: Provider) -> None:
    """Have providers checked as they are now; where the queue is away, they are not.

    Those whose kind has no free call, and those whose project's monitor is off, stay unchecked.
    """
    asked = Provider.objects.monitored().filter(pk__in=[provider.pk for provider in providers])
    monitored = {*asked.values_list("pk", flat=True)}
    try:
        _ask_check([provider for provider in providers if provider.pk in monitored])
    except DependencyDown:
        logger.warning("providers are not checked: the queue is away")


def _ask_check(providers: Iterable[Provider]) -> None:
    asked = [provider.pk for provider in providers if provider.can_be_checked]
    with transaction.atomic():
        Provider.objects.filter(pk__in=asked).ask_check(now=timezone.now())
        transaction.on_commit(lambda: _send_checks(asked))


def _send_checks(asked: Iterable[int]) -> None:
    try:
        with to_the_queue():
            for provider_id in asked:
                check_provider.apply_async(kwargs={"provider_id": provider_id})
    except DependencyDown:
        Provider.objects.filter(pk__in=asked).ask_check(now=None)
        raise


def enqueue(operation: Operation) -> None:
    """Hand the work to the queue once the row is committed.

    Raises DependencyDown where the queue is away; the operation then stands as failed.
    """
    transaction.on_commit(lambda: _send(operation))


def _task_of(verb: str) -> Task[Any, None]:
    from providers import ollama_tasks  # noqa: PLC0415 - it stands on this module

    return TASK_OF.get(verb) or ollama_tasks.TASK_OF[verb]


def _send(operation: Operation) -> None:
    try:
        with to_the_queue():
            _task_of(operation.verb).apply_async(kwargs={"operation_id": operation.pk})
    except DependencyDown:
        operation.finish(
            Operation.State.FAILED, message="The task queue did not answer. Try it again."
        )
        raise
