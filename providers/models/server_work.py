"""Operations on a provider's server that come in slices: one for each model at a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from django.db import IntegrityError, transaction
from django.db.models import Model

from accounts import audit
from accounts.audit import Actor
from providers.models.provider import Provider

LEASE_S: Final = 75  # longer than the longest call that one operation makes
ATTEMPTS: Final = 3
UNFINISHED: Final = ("queued", "running")
# What changes something is on record from its beginning: who asked, and by which key.
RECORDED: Final[Mapping[str, str]] = {
    "import_catalog": "aiProviders:ImportCatalog",
    "import_several": "aiProviders:ImportIntoAllAiProviders",
    "pull_model": "aiProviders:PullModel",
    "delete_pulled": "aiProviders:DeleteInstalledModel",
}


class ServerWork:
    """May be about a model on a server, and says how far it is."""

    pk: Any
    public_id: Any
    target_name: Any
    attempts: Any
    done: Any
    total: Any
    result: Any
    message: Any
    verb: Any
    finish: Any
    _default_manager: ClassVar[Any]

    @classmethod
    def start_on_server(cls, verb: str, provider: Provider, name: str, *, by: Actor) -> Self:
        """Queue work on a model of a provider's server, or give what is under way for it."""
        same = cls._default_manager.filter(
            verb=verb, target_id=provider.public_id, target_name=name
        )
        under_way: Self | None = same.filter(state__in=UNFINISHED).first()
        if under_way:
            return under_way
        try:
            with transaction.atomic():
                work: Self = cls._default_manager.create(
                    verb=verb,
                    project=provider.project,
                    target_id=provider.public_id,
                    target_name=name,
                    created_by=audit.person_of(by),
                )
                work.record_begun(provider, by=by)
        except IntegrityError:  # somebody else asked for it at the same moment
            work = same.get(state__in=UNFINISHED)
        return work

    def record_begun(self, target: Model, *, by: Actor, parts: Iterable[Any] = ()) -> None:
        """Put on record that it was asked for; what only looks changes nothing, and is not."""
        if self.verb not in RECORDED:
            return
        after: dict[str, Any] = {"operation": self.public_id, "about": self.target_name}
        after |= {"parts": [part.public_id for part in parts]} if parts else {}
        audit.record(by, RECORDED[self.verb], target, before=None, after=after)

    def note_progress(self, *, now: datetime) -> bool:
        """Keep how far it is, and the lease; False where it is nobody's or another's by now."""
        running = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts)
        return bool(
            running.filter(state="running").update(
                done=self.done,
                total=self.total,
                result=self.result,
                message=self.message,
                lease_until=now + timedelta(seconds=LEASE_S),
            )
        )

    def queue_again(self, *, now: datetime) -> bool:
        """Make it ready for another worker; False, and failed, when it was tried often enough.

        A pull comes in slices, and itself knows when it gets nowhere.
        """
        if self.attempts >= ATTEMPTS and self.verb != "pull_model":
            self.finish("failed", message="The worker stopped while it ran. Try it again.")
            return False
        again = (
            type(self)
            ._default_manager.filter(pk=self.pk, attempts=self.attempts)
            .filter(state__in=UNFINISHED)
        )
        return bool(again.update(state="queued", queued_at=now, lease_until=None))
