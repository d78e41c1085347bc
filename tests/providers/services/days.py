"""A day in a project, with a clock that is passed in: outages and checks take no time."""

from datetime import UTC, datetime, timedelta

from providers.health import Observation
from providers.kinds.vocabulary import ErrorClass, Outcome
from providers.live_traffic import Observed
from providers.models import Health, ProjectRouting, Provider, RoutingEvent
from providers.services import connections, health, monitor, routing

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A_SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
WELL = Outcome(True, 80, None, "It answered in 80 ms.", 200)
SLOW = Outcome(True, 6000, None, "It answered in 6000 ms.", 200)
AWAY = Outcome(False, None, ErrorClass.UNREACHABLE, "connection refused", None)
UP = Observation(Health.REACHABLE, 80, "", "")
DOWN = Observation(Health.UNREACHABLE, None, "unreachable", "connection refused")


class Day:
    """A day in a project: what its providers answer, and what the scheduler makes of it."""

    def __init__(self, primary, spare, monkeypatch):
        self.primary, self.spare, self.now = primary, spare, MIDNIGHT
        self.answers = {primary.pk: WELL, spare.pk: WELL}
        self.probed = []
        monkeypatch.setattr(connections, "probe", self._probe)

    def _probe(self, provider, *, now):
        self.probed.append((provider.pk, now - MIDNIGHT))
        return self.answers[provider.pk]

    @property
    def routing(self):
        return ProjectRouting.objects.get()

    def tick(self):
        """Let the scheduler come by once, and a worker do what it asked for."""
        for provider in monitor.take_due(now=self.now):
            Provider.objects.filter(pk=provider.pk).ask_check(now=self.now)
            taken = Provider.objects.awaiting_check().take_for_check(provider.pk, now=self.now)
            health.check(taken, now=self.now)

    def run(self, span, *, every=timedelta(seconds=30)):
        until = self.now + span
        while self.now < until:
            self.tick()
            self.now += every

    def told(self):
        return list(RoutingEvent.objects.order_by("pk").values_list("event", flat=True))

    def notices(self):
        rows = RoutingEvent.objects.filter(is_notice=True).order_by("pk")
        return list(rows.values_list("event", flat=True))


def configure(day, **settings):
    routing.choose(
        day.routing.project, {}, by=day.routing.project.memberships.get().user, settings=settings
    )


def failed(day, provider=None, *, ago=NOTHING, **changes):
    """Give an attempt of a client that has failed some time ago, at `day.primary` if unnamed."""
    plain = {"error_class": "provider_error", "http_status": 503, "latency_ms": 0}
    ids = {"project_id": "", "provider_id": (provider or day.primary).public_id, "model_id": ""}
    return Observed(**(ids | plain | {"at": (day.now - ago).timestamp()} | changes))


def answered(day, provider=None, *, ago=NOTHING):
    return failed(day, provider, ago=ago, error_class="", http_status=200)
