"""What a worker does for one operation: its message and result say how it went."""

from django.utils import timezone

from providers.kinds.kind import KindUnavailable
from providers.kinds.vocabulary import ListingUnsupported
from providers.models import Operation, Provider, ProviderModel
from providers.models.refusals import NothingToImport
from providers.services import catalog, connections, discovery


def test(operation: Operation) -> None:
    model = ProviderModel.objects.with_provider().filter(public_id=operation.target_id).first()
    if model is None:
        operation.message = "The model was removed meanwhile."
        return
    try:
        outcome = connections.test_connection(model, now=timezone.now())
    except connections.TestOutdated as error:
        operation.message = str(error)
        return
    operation.message = outcome.message
    operation.result = {
        "ok": outcome.ok,
        "latencyMs": outcome.latency_ms,
        "errorClass": outcome.error_class,
        "httpStatus": outcome.http_status,
        "message": outcome.message,
    }


def import_catalog(operation: Operation) -> None:
    provider = Provider.objects.filter(public_id=operation.target_id).first()
    if provider is None:
        operation.message = "The provider was deleted meanwhile."
        return
    try:
        imported = catalog.import_into(provider)
    except NothingToImport as refusal:
        operation.message = refusal.message
        return
    operation.message = imported.sentence
    operation.result = {"added": imported.added, "skipped": imported.skipped}


def refresh(operation: Operation) -> None:
    provider = Provider.objects.with_secret().filter(public_id=operation.target_id).first()
    if provider is None:
        operation.message = "The provider was deleted meanwhile."
        return
    try:
        operation.result = discovery.look(provider, now=timezone.now())
    except (ListingUnsupported, KindUnavailable) as error:
        operation.message, operation.result = str(error), {"ok": False}
        return
    except connections.ListingFailed as error:
        if isinstance(error, connections.ListingEmpty):
            discovery.note_installed(provider, {}, now=timezone.now())
        operation.message = str(error)
        operation.result = {"ok": False, "errorClass": error.outcome.error_class}
        return
    discovery.note_installed(provider, operation.result, now=timezone.now())
    operation.message = discovery.sentence(provider, operation.result)


def sync_catalog(operation: Operation) -> None:
    change = catalog.sync(by=operation.created_by)
    operation.message = change.sentence
    operation.result = change.counts
