"""A project with one of everything, and every REST operation, ready to be called."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import grants
from accounts.models import ApiKey, AuditEvent, Invitation, Notice, Project, Role, User
from accounts.permissions import API, PERMISSIONS, Permission
from gateway.models import AccessGrant, Agent, Cronjob, Limit, Model
from providers.models import (
    EgressRule,
    Operation,
    ProjectRouting,
    Provider,
    ProviderModel,
    Secret,
    Webhook,
)
from tests.factories import (
    make_agent,
    make_cronjob,
    make_key,
    make_limit,
    make_member,
    make_model,
    make_notice,
    make_project,
    make_provider,
    make_secret,
    make_user,
    make_webhook,
)
from tests.usage.lines import use

OPERATIONS = [row for row in PERMISSIONS.values() if row.rest]
BACKEND = "django.contrib.auth.backends.ModelBackend"


# They take a body and change nothing.
ASKING = frozenset(
    {"permissions:ExplainPermission", "routing:ExplainRouting", "usage:ReconcileUsage"}
)


@dataclass(frozen=True)
class World:
    name: str
    project: Project
    people: Mapping[Role, User]
    provider: Provider
    model: ProviderModel
    secret: Secret
    operation: Operation
    invitation: Invitation
    key: ApiKey
    token: str
    event: AuditEvent
    friend: User
    group: Group
    rule: EgressRule
    call_id: str
    agent: Agent
    facade: Model
    access: AccessGrant
    limit: Limit
    notice: Notice
    webhook: Webhook
    cronjob: Cronjob

    def path(self, operation: Permission) -> str:
        """Fill the places of an operation's address with this world's own ids."""
        _, _, path = operation.rest.partition(" ")
        noun = path.split("/")[1]
        values = {
            "id": self.ids().get(noun, ""),
            "user_id": self.friend.public_id,
            "group": self.group.name,
            "verb": "view",
            "model": "llama3.3",
        }
        return API + re.sub(r"\{(\w+)\}", lambda place: values[place[1]], path)

    def ids(self) -> dict[str, str]:
        return {
            "ai-providers": self.provider.public_id,
            "provider-models": self.model.public_id,
            "secrets": self.secret.public_id,
            "projects": self.project.public_id,
            "operations": self.operation.public_id,
            "invitations": self.invitation.public_id,
            "api-keys": self.key.public_id,
            "audit": self.event.public_id,
            "objects": self.provider.public_id,
            "users": self.friend.public_id,
            "groups": self.group.name,
            "egress-rules": self.rule.public_id,
            "usage": self.call_id,
            "agents": self.agent.public_id,
            "models": self.facade.public_id,
            "access-grants": self.access.public_id,
            "limits": self.limit.public_id,
            "notices": self.notice.public_id,
            "webhooks": self.webhook.public_id,
            "cronjobs": self.cronjob.public_id,
        }

    def marks(self) -> set[str]:
        """Give whatever must never be told to strangers."""
        people = [*self.people.values(), self.friend]
        mails = {person.email for person in people} | {person.public_id for person in people}
        return {*self.ids().values(), self.name, self.invitation.email, *mails}

    def body(self, operation: Permission) -> dict[str, Any] | None:
        """Give a body that does, for operations that take one."""
        return {
            "aiProviders:CreateAiProvider": {"name": "New", "provider": "openai", "apiKey": "k-1"},
            "aiProviders:UpdateAiProvider": {"name": "Renamed"},
            "aiProviders:SubmitLoginCode": {"answer": "code-1"},
            "aiProviders:PullModel": {"model": "llama3.3"},
            "aiProviders:CreateProviderModel": {"upstreamId": "new-model"},
            "aiProviders:UpdateProviderModel": {"inputPrice": "1.5"},
            "secrets:CreateSecret": {"name": "New", "provider": "openai", "apiKey": "k-1"},
            "secrets:UpdateSecret": {"name": "Renamed"},
            "routing:UpdateRouting": {"taskModelId": self.model.public_id},
            "routing:BeginGameDay": {"providerId": self.provider.public_id, "minutes": 5},
            "webhooks:CreateWebhook": {"name": "New", "url": "http://127.0.0.1:9/hook"},
            "webhooks:UpdateWebhook": {"topics": ["health"]},
            "notices:UpdateNoticeChoices": {"inApp": ["health"]},
            "projects:CreateProject": {"name": "New"},
            "projects:UpdateProject": {"name": "Renamed"},
            "members:AddMember": {"email": self.outsider_email(), "role": "viewer"},
            "members:UpdateMembers": {"role": "editor"},
            "invitations:CreateInvitation": {"email": "new@example.com", "role": "viewer"},
            "apiKeys:CreateApiKey": {"name": "New"},
            "aiProviders:TestAllAiProviders": {},
            "aiProviders:ImportIntoAllAiProviders": {},
            "users:CreateUser": {"email": "new@example.com"},
            "users:UpdateUser": {"name": "Renamed"},
            "groups:CreateGroup": {"name": "New group", "people": [self.friend.email]},
            "groups:UpdateGroup": {"people": []},
            "egress:CreateEgressRule": {
                "projectId": None,
                "target": "10.1.0.0/16",
                "port": 8000,
                "reason": "a rack",
            },
            "egress:UpdateEgressRule": {"reason": "another"},
            "egress:TestEgress": {"url": "http://127.0.0.1:9/v1"},
            "grants:GiveGrant": {"email": self.friend.email, "verb": "test"},
            "agents:CreateAgent": {"name": "New", "agentType": "custom"},
            "agents:UpdateAgent": {"name": "Renamed"},
            "limits:CreateLimit": {"name": "New", "measure": "usd_per_day", "amount": "5"},
            "limits:UpdateLimit": {"amount": "7"},
            "cronjobs:CreateCronjob": {"name": "New", "schedule": "0 9 * * *", "prompt": "Sum up."},
            "cronjobs:UpdateCronjob": {"name": "Renamed"},
            "models:CreateModel": {"slug": "new"},
            "models:UpdateModel": {"name": "Renamed"},
            "accessGrants:CreateAccessGrant": {
                "modelId": self.facade.public_id,
                "userId": self.friend.public_id,
            },
            "permissions:ExplainPermission": {"action": "aiProviders:ListAiProviders"},
            "routing:ExplainRouting": {"model": "default"},
            "usage:ReconcileUsage": {
                "providerId": self.provider.public_id,
                "statement": "date,model,input_tokens\n2026-11-20,gpt-5.2,7\n",
            },
        }.get(operation.action)

    def outsider_email(self) -> str:
        outsiders = User.objects.exclude(memberships__project=self.project)
        return (outsiders.first() or make_user()).email

    def client(self, role: Role) -> APIClient:
        return signed_in(self.people[role])

    def script(self, role: Role = Role.OWNER, **options: Any) -> APIClient:
        return with_token(make_key(self.project, created_by=self.people[role], **options)[1])


def make_world(name: str) -> World:
    project = make_project(name)
    people = {role: make_member(project, role) for role in Role}
    secret = make_secret(project, name=f"{name} secret")
    provider = make_provider(
        project, name=f"{name} provider", secret=secret, models=("one", "two", "three")
    )
    first, second, third = provider.models.in_form_order()
    ProjectRouting.objects.create(project=project, active_model=first, fallback_model=second)
    operation = Operation.start(Operation.Verb.TEST_MODEL, third, by=people[Role.OWNER])
    invitation = Invitation(project=project, email=f"{name.lower()}-guest@example.com")
    invitation.begin(by=people[Role.OWNER], now=timezone.now())
    key, token = make_key(project, created_by=people[Role.OWNER])
    friend = make_member(project, Role.VIEWER)
    grants.grant(friend, "view", provider)
    group = Group.objects.create(name=f"{name} people")
    group.user_set.add(friend)
    grants.grant(group, "view", provider)
    rule = EgressRule.objects.create(
        project=project, target=f"{name.lower()}.example.com", reason=name
    )
    agent, _ = make_agent(project, name=f"{name} agent")
    facade = make_model(project, first, second, slug=f"{name.lower()}-fast")
    event = AuditEvent.objects.filter(project_id=project.public_id).first()
    call_id = use(provider, at=timezone.now(), key=key.public_id, user=friend.public_id)
    return World(
        name, project, people, provider, third, secret, operation, invitation, key, token, event,
        friend, group, rule, call_id, agent, facade, facade.grants.get(),
        make_limit(agent, measure="concurrent", amount=5, name=f"{name} limit"),
        make_notice(project), make_webhook(project)[0],
        make_cronjob(project, name=f"{name} cronjob", pinned_model=first),
    )  # fmt: skip


@contextmanager
def asked_of_the_database() -> Iterator[list[str]]:
    """Note the statements without their values: where they are the same, the way is the same."""
    ContentType.objects.get_for_models(*apps.get_models())  # a process asks for them once
    statements: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql if "SAVEPOINT" not in sql else "SAVEPOINT")
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield statements


def signed_in(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_login(user, backend=BACKEND)
    return client


def with_token(token: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def call(
    client: APIClient,
    operation: Permission,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    dry: bool = False,
    **headers: str,
) -> Any:
    """Call an operation; `dry` rehearses those that write."""
    method = operation.rest.partition(" ")[0]
    if dry and method != "GET" and operation.action not in ASKING:
        path += f"{'&' if '?' in path else '?'}dryRun=true"
    return client.generic(
        method,
        path,
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers=headers,
    )
