"""Verbs on agents: add, change, rotate, remove; a token is given here, once, and kept nowhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, Project
from gateway.models import Agent, AgentToken, Model, Routing
from gateway.models.agent import LONGEST_OVERLAP
from providers.models import ProviderModel

DEFAULT_OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AgentDraft:
    """What somebody wants an agent to be; a target that its routing does not use is dropped."""

    name: str
    agent_type: str
    routing: str = Routing.INHERIT
    pinned_model: ProviderModel | None = None
    facade: Model | None = None
    pinned_url: str = ""


def add(draft: AgentDraft, *, project: Project, by: Actor) -> tuple[Agent, str]:
    """Store a new agent and give its token, which nothing can show again.

    Raises ValidationError with each field's reason, and stores nothing then.
    """
    agent = Agent(project=project)
    with racing():
        _keep(agent, draft)
        token = AgentToken.issue(agent)
        audit.record(by, "agents:CreateAgent", agent, before=None, after=agent.told())
        Epoch.bump()
    return agent, token


def change(agent: Agent, draft: AgentDraft, *, by: Actor) -> None:
    """Make the agent what the draft says, from its next request on."""
    before = Agent.objects.get(pk=agent.pk).told()
    with racing():
        _keep(agent, draft)
        audit.record(by, "agents:UpdateAgent", agent, before=before, after=agent.told())
        Epoch.bump()


def draft_of(agent: Agent) -> AgentDraft:
    """Give what the agent is now, for a change of parts of it."""
    return AgentDraft(
        name=agent.name,
        agent_type=agent.agent_type,
        routing=agent.routing,
        pinned_model=agent.pinned_model,
        facade=agent.facade,
        pinned_url=agent.pinned_url,
    )


def pin_url(agent: Agent, url: str, *, by: Actor) -> None:
    """Set the address that its clients use; empty is the installation's own."""
    change(agent, replace(draft_of(agent), pinned_url=url), by=by)


@transaction.atomic
def rotate(agent: Agent, *, overlap: timedelta, by: Actor, now: datetime) -> str:
    """Give another token; the one until now works on for `overlap`, others stop at once."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        days = LONGEST_OVERLAP.days
        raise ValidationError({"overlap": f"The old token may work on for {days} days at most."})
    Agent.objects.select_for_update().get(pk=agent.pk)
    before = {"tokens": _shown(agent)}
    agent.tokens.filter(ends_at__isnull=False).delete()
    if overlap:
        agent.tokens.update(ends_at=now + overlap)
    else:
        agent.tokens.all().delete()
    token = AgentToken.issue(agent)
    after = {"tokens": _shown(agent)}
    audit.record(by, "agents:RotateAgentToken", agent, before=before, after=after)
    Epoch.revoke()
    return token


@transaction.atomic
def remove(agent: Agent, *, by: Actor) -> None:
    """Delete it: its tokens are refused from the next call on; what it used stays on record."""
    audit.record(by, "agents:DeleteAgent", agent, before=agent.told(), after=None)
    agent.delete()
    Epoch.revoke()


def _keep(agent: Agent, draft: AgentDraft) -> None:
    agent.name, agent.agent_type = draft.name.strip(), draft.agent_type
    agent.routing, agent.pinned_url = draft.routing, draft.pinned_url
    agent.pinned_model = draft.pinned_model if draft.routing == Routing.PINNED else None
    agent.facade = draft.facade if draft.routing == Routing.FACADE else None
    agent.full_clean()
    agent.save()


def _shown(agent: Agent) -> list[dict[str, object]]:
    rows = agent.tokens.order_by("pk")
    return [{"prefix": row.prefix, "worksUntil": row.ends_at} for row in rows]


@contextmanager
def racing() -> Iterator[None]:
    """Open a transaction in which somebody who was faster is told of like a field's error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError("Somebody changed the same thing just now. Try again.") from error
