"""Who calls, as the gateway keeps them: read from the database, once for each change of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from accounts.authority import may
from accounts.models import ApiKey, Project, User
from accounts.principal import Principal
from gateway.models import Agent, Cronjob, Model
from gateway.passes import Pass
from gateway.routes import BY_NAME, By, Route
from gateway.snapshots import access
from gateway.snapshots.limits import rules_for
from gateway.snapshots.tables import Facade, Target
from providers.models import ProviderModel
from usage.entries import KindOfUse
from usage.limits.rules import Rule

INVOKE: Final = "models:Invoke"
SPEAK_AS: Final = "agents:RotateAgentToken"  # whoever could make its token anew


@dataclass(frozen=True, slots=True)
class Caller:
    """What the gateway keeps of a principal.

    `targets` None means all of its project's, and so does None for `facades`. `lent` are the ids
    of the shared providers that it was granted. An agent has no key, and a key no agent. What is
    called on a person's behalf says so in `use`; else the request decides.
    """

    project_pk: int
    project_id: str
    key_id: str
    key_name: str
    user_id: str = ""
    user_name: str = ""
    agent_id: str = ""
    agent_name: str = ""
    expires_at: float | None = None
    targets: frozenset[str] | None = None
    facades: frozenset[str] | None = None
    lent: frozenset[str] = frozenset()
    route: Route = BY_NAME
    agent_type: str = ""
    use: KindOfUse | None = None
    limits: tuple[Rule, ...] = ()

    def may_call(self, target: Target) -> bool:
        if target.is_shared and target.provider_id not in self.lent:
            return False
        return self.targets is None or target.id in self.targets

    def may_use(self, facade: Facade) -> bool:
        return self.facades is None or facade.id in self.facades


def caller_with(held: Pass) -> Caller:
    """Give who calls with a pass: a cronjob, a person, or an agent that this person may speak as.

    Raises DoesNotExist where one of them is gone, suspended, or out of this person's reach.
    """
    if held.cronjob_id:
        return _caller_of_cronjob(held)
    user = User.objects.active().get(public_id=held.user_id)
    project = Project.objects.visible_to(user).active().get(public_id=held.project_id)
    who: Principal | Agent = Principal(user, project)
    if held.agent_id:
        who = Agent.objects.with_route().get(public_id=held.agent_id, project=project)
        if not may(Principal(user, project), SPEAK_AS, who):
            raise Agent.DoesNotExist
    caller = caller_of(who, project)
    return replace(caller, user_id=user.public_id, user_name=user.email, use=held.use)


def caller_of(who: Principal | ApiKey | Agent, project: Project) -> Caller:
    """Give somebody as a caller, without any token: to say where a call of theirs would go."""
    if isinstance(who, Agent):
        return caller_of_agent(who)
    if isinstance(who, ApiKey):
        return caller_of_key(who)
    if who.key is not None:
        return caller_of_key(who.key)
    caller = _caller_within(project, who.user)
    return replace(caller, targets=_targets(who, project), limits=rules_for(project))


def caller_of_key(key: ApiKey) -> Caller:
    principal = Principal.of_key(key, now=timezone.now())
    caller = _caller_within(key.project, key.created_by)
    return replace(
        caller,
        key_id=key.public_id,
        key_name=key.name,
        user_id=key.created_by.public_id,
        user_name=key.created_by.email,
        expires_at=key.expires_at.timestamp() if key.expires_at else None,
        targets=_targets(principal, key.project),
        facades=_facades(principal, caller.facades or frozenset()),
        limits=rules_for(key.project, key=key),
    )


def caller_of_agent(agent: Agent, *, ends_at: datetime | None = None) -> Caller:
    return replace(
        _caller_within(agent.project),
        agent_id=agent.public_id,
        agent_name=agent.name,
        expires_at=ends_at.timestamp() if ends_at else None,
        route=access.route_of(agent),
        agent_type=agent.agent_type,
        limits=rules_for(agent.project, agent=agent),
    )


def _caller_of_cronjob(held: Pass) -> Caller:
    """Give a cronjob as a caller: it reaches what its project was granted, as an agent does."""
    running = Cronjob.objects.with_pin().filter(project__is_archived=False)
    job = running.get(public_id=held.cronjob_id, project__public_id=held.project_id)
    route = Route(By.PIN, job.usable_pin.public_id) if job.usable_pin else BY_NAME
    limits = rules_for(job.project)
    return replace(_caller_within(job.project), route=route, use=held.use, limits=limits)


def _caller_within(project: Project, user: User | None = None) -> Caller:
    """Give somebody who reaches what a project has, and what it or a user was granted."""
    granted = access.granted_to(project, user)
    return Caller(
        project_pk=project.pk,
        project_id=project.public_id,
        key_id="",
        key_name="",
        facades=access.facades_among(granted),
        lent=access.lent_providers(granted),
    )


def _facades(principal: Principal, granted: frozenset[str]) -> frozenset[str]:
    """Keep those of the granted facades that the key's policy leaves to it."""
    if principal.key is None or principal.key.policy is None:
        return granted
    rows = Model.objects.filter(public_id__in=granted).select_related("project")
    return frozenset(row.public_id for row in rows if may(principal, INVOKE, row))


def _targets(principal: Principal, project: Project) -> frozenset[str] | None:
    """Which models it may call; None for all of them, so that most keys hold no list."""
    has_policy = principal.key is not None and principal.key.policy is not None
    if not has_policy and may(principal, INVOKE, project=project):
        return None
    usable = ProviderModel.objects.usable().for_project(project).with_provider()
    return frozenset(model.public_id for model in usable if may(principal, INVOKE, model))
