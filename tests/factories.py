"""Records for tests, each valid by itself; a test names only what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone

from accounts.models import ApiKey, Invitation, Membership, Notice, Project, Role, Topic, User
from accounts.services import notices
from gateway.models import AccessGrant, Agent, BackendDraft, Cronjob, Limit, Model
from gateway.services import agents, cronjobs, facades, limits
from gateway.services.agents import AgentDraft
from gateway.services.cronjobs import CronjobDraft
from gateway.services.facades import ModelDraft
from gateway.services.limits import LimitDraft, Scope
from providers.kinds.oauth.vocabulary import Tokens
from providers.kinds.registry import kind_for
from providers.models import (
    CatalogEntry,
    Login,
    Provider,
    ProviderModel,
    Secret,
    TermsAcceptance,
    Webhook,
)
from providers.services import webhooks

_numbers = count(1)


def make_user(**fields: object) -> User:
    """Make an active person, with a password only where one is given."""
    fields.setdefault("email", f"person-{next(_numbers)}@example.com")
    return User.objects.create_user(**fields)


def make_staff(**fields: object) -> User:
    fields.setdefault("email", f"staff-{next(_numbers)}@example.com")
    return User.objects.create_superuser(**fields)


def make_project(name: str = "", *, owner: User | None = None) -> Project:
    return Project.objects.start(
        name=name or f"Project {next(_numbers)}", owner=owner or make_user(), by=None
    )


def make_member(project: Project, role: Role = Role.VIEWER, **fields: object) -> User:
    """Make a person who is a member of the project."""
    user = make_user(**fields)
    Membership.objects.add(project, user, role, by=None)
    return user


def make_key(
    project: Project,
    *,
    created_by: User | None = None,
    policy: list[dict[str, object]] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key, by default an owner's of the project, and its token."""
    creator = created_by or project.memberships.owners()[0].user
    return ApiKey.objects.issue(
        project=project, name="script", created_by=creator, policy=policy, expires_at=expires_at
    )


def make_secret(
    project: Project | None = None, *, values: Mapping[str, str] | None = None, **fields: object
) -> Secret:
    """Make a secret of a project of its own, or of `project`; by default an OpenAI key."""
    named = {"name": f"Secret {next(_numbers)}", "kind": "openai", "host": "api.openai.com"}
    secret = Secret(project=project or make_project(), **(named | fields))
    secret.seal(values or {"api_key": "sk-test-0123456789abcdef"}, now=timezone.now())
    secret.save()
    return secret


def make_provider(
    project: Project | None = None, *, models: Sequence[str] = ("some-model",), **fields: object
) -> Provider:
    """Make a provider with chat models of these ids; the first is its default, none is active."""
    named = {"name": f"Provider {next(_numbers)}", "kind": "openai"}
    provider = Provider.objects.create(project=project or make_project(), **(named | fields))
    for position, upstream_id in enumerate(models):
        ProviderModel.objects.create(provider=provider, upstream_id=upstream_id, position=position)
    provider.default_model = provider.next_default()
    provider.save(update_fields=["default_model"])
    return provider


def make_login(
    provider: Provider, *, access_token: str = "access-1", expires_at: datetime | None = None
) -> Login:
    """Let somebody have signed in to a provider; by default its token ends in an hour."""
    now = timezone.now()
    ends = expires_at or now + timedelta(hours=1)
    login = Login(provider=provider, binding=provider.login_binding, signed_in_at=now)
    login.take(Tokens(access_token, "refresh-1", ends), can_renew=False, now=now)
    login.server = asdict(provider.login_settings.server)
    login.save()
    return login


def make_catalog_entry(model_id: str, **fields: object) -> CatalogEntry:
    plain = {
        "provider_kind": "openai",
        "name": model_id,
        "kind": "chat",
        "position": next(_numbers),
        "status": "active",
        "version": "2026-11-20",
    }
    return CatalogEntry.objects.create(model_id=model_id, **(plain | fields))


def accept_terms(kind: str) -> TermsAcceptance:
    """Let a kind be used whose vendor restricts it, as staff do once."""
    return TermsAcceptance.take(kind_for(kind), by=make_staff(), now=timezone.now())


def make_invitation(
    project: Project,
    *,
    email: str = "",
    role: Role = Role.VIEWER,
    by: User | None = None,
    now: datetime | None = None,
) -> tuple[Invitation, str]:
    """Make an invitation, by default Axiom's own, and the token of its link."""
    invitation = Invitation(
        project=project, email=email or f"guest-{next(_numbers)}@example.com", role=role
    )
    return invitation, invitation.begin(by=by, now=now or timezone.now())


def make_agent(
    project: Project | None = None, *, agent_type: str = "custom", **fields: object
) -> tuple[Agent, str]:
    """Make an agent, by default of any type and on the project's own route, and its token."""
    named = {"name": f"Agent {next(_numbers)}", "agent_type": agent_type} | fields
    return agents.add(AgentDraft(**named), project=project or make_project(), by=None)


def make_model(
    project: Project | None, *backends: ProviderModel | BackendDraft, slug: str = "", **fields: str
) -> Model:
    """Make a facade with these backends; a project's own is granted to that project."""
    drafts = [BackendDraft(row) if isinstance(row, ProviderModel) else row for row in backends]
    draft = ModelDraft(slug=slug or f"model-{next(_numbers)}", backends=drafts, **fields)
    return facades.add(draft, project=project, by=None)


def make_limit(
    subject: Project | Agent | ApiKey, *, measure: str, amount: object, **fields: object
) -> Limit:
    """Set a limit on a project, an agent or a key."""
    project = subject if isinstance(subject, Project) else subject.project
    scope = Scope(
        project,
        measure,
        agent=subject if isinstance(subject, Agent) else None,
        key=subject if isinstance(subject, ApiKey) else None,
    )
    named = {"name": f"Limit {next(_numbers)}", "amount": Decimal(str(amount))} | fields
    return limits.add(LimitDraft(**named), scope, by=None, now=timezone.now())


def make_cronjob(project: Project | None = None, **fields: object) -> Cronjob:
    """Make a cronjob that is due each hour, by default of the task default."""
    named = {"name": f"Cronjob {next(_numbers)}", "schedule": "0 * * * *", "prompt": "Sum up."}
    project = project or make_project()
    draft = CronjobDraft(**(named | fields))
    return cronjobs.add(draft, project=project, by=None, now=timezone.now())


def make_grant(**sides: object) -> AccessGrant:
    """Let somebody call something: name one holder and one target."""
    grant = AccessGrant(**sides)
    grant.full_clean()
    grant.save()
    return grant


def make_notice(project: Project | None, *, key: str = "", **fields: object) -> Notice:
    """Tell a project's people something, by default of its health."""
    named = {"topic": Topic.HEALTH, "message": "gpt-5.4 went from healthy to down."}
    named |= {"key": key or f"transition {next(_numbers)}", "at": timezone.now()}
    return notices.tell(project, **(named | fields))


def make_webhook(project: Project | None = None, **fields: object) -> tuple[Webhook, str]:
    """Make a webhook of every topic, and its signing secret; by default nobody listens there."""
    named = {"name": f"Webhook {next(_numbers)}", "url": "http://127.0.0.1:9/hook"}
    draft = replace(webhooks.usual_draft(), **(named | fields))
    return webhooks.add(draft, project=project or make_project(), by=None)
