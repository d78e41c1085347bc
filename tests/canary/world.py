"""A small world in which every secret is a canary, made the way people and scripts make it."""

from dataclasses import dataclass

from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from accounts.grants import grant
from accounts.models import ApiKey, Project, Role, User
from providers import tasks
from providers.kinds.oauth.vocabulary import Tokens
from providers.kinds.registry import kind_for
from providers.models import EgressRule, Operation, Provider, Secret
from providers.services import catalog, model_lists, providers, secrets
from providers.services.drafts import ProviderDraft
from providers.services.logins import attempts
from tests.canary.canaries import (
    ACCESS_TOKEN,
    API_KEY,
    MISTYPED_PASSWORD,
    PASSWORD,
    REFRESH_TOKEN,
    REPLACEMENT,
    SECRET_HEADER,
    Canary,
    token_canary,
)
from tests.factories import (
    make_agent,
    make_cronjob,
    make_invitation,
    make_key,
    make_limit,
    make_login,
    make_member,
    make_model,
    make_notice,
    make_project,
    make_provider,
    make_staff,
    make_webhook,
)
from tests.usage.lines import use

HEADER_LINE = f"X-Canary: {SECRET_HEADER.value}"
MARK = "Marked-so-that-a-search-finds-it"


@dataclass(frozen=True, slots=True)
class World:
    project: Project
    staff: User
    owner: User
    viewer: User
    provider: Provider
    shared: Provider
    signed_in: Provider
    key: ApiKey
    token: str
    token_canary: Canary
    upstream: HTTPServer


def make_world(upstream: HTTPServer) -> World:
    """Make providers, keys and people with canaries, and the traces that using them leaves."""
    answer_as_unkind_providers(upstream)
    catalog.load_builtin()
    staff = make_staff(password=PASSWORD.value)
    owner = make_member(project := make_project(MARK), Role.OWNER, password=PASSWORD.value)
    viewer = make_member(project, Role.VIEWER, password=PASSWORD.value)
    provider = providers.add(
        draft_at(upstream, name="Marked", models=("gpt-4o", "gpt-4o-mini")),
        project=project,
        by=owner,
        now=timezone.now(),
    )
    shared = providers.add(
        draft_at(upstream, name="Shared"), project=None, by=staff, now=timezone.now()
    )
    key, token = make_key(project, created_by=owner)
    world = World(
        project, staff, owner, viewer, provider, shared, sign_in_to(upstream, project), key, token,
        token_canary(token), upstream,
    )  # fmt: skip
    _leave_traces(world)
    return world


def draft_at(
    upstream: HTTPServer, *, name: str, models: tuple[str, ...] = ("gpt-4o",)
) -> ProviderDraft:
    return ProviderDraft(
        name=name,
        kind=kind_for("custom"),
        base_url=upstream.url_for("/v1"),
        credential={"api_key": API_KEY.value, "secret_headers": HEADER_LINE},
        models=models,
    )


def sign_in_to(upstream: HTTPServer, project: Project) -> Provider:
    """Make a provider that somebody signed in to; its servers quote what they are sent."""
    addresses = {"token_url": upstream.url_for("/token"), "authorization_url": "http://127.0.0.1:9"}
    provider = make_provider(
        project,
        name="Signed in",
        kind="oauth-compatible",
        base_url=upstream.url_for("/v1"),
        config={"client_id": "axiom"} | addresses,
    )
    login = make_login(provider, access_token=ACCESS_TOKEN.value)
    tokens = Tokens(ACCESS_TOKEN.value, REFRESH_TOKEN.value, login.expires_at)
    login.take(tokens, can_renew=False, now=timezone.now())
    login.save()
    attempts.begin(provider, session="a session", by=None, now=timezone.now())
    return provider


def answer_as_unkind_providers(upstream: HTTPServer) -> None:
    for path in ("/v1/chat/completions", "/v1/models", "/token"):
        upstream.expect_request(path).respond_with_handler(quote_the_request)


def quote_the_request(request: Request) -> Response:
    """Refuse as unkind providers do: with the key that was sent, in header and body."""
    sent = " ".join(f"{name}={value}" for name, value in request.headers.items())
    body = f'{{"error": {{"message": "Incorrect API key provided: {API_KEY.value}. {sent}"}}}}'
    return Response(
        body, 401, {"X-Echo": sent.replace("\n", " "), "WWW-Authenticate": sent}, None, "text/json"
    )


def _leave_traces(world: World) -> None:
    """Use everything once: a failed test, a replaced key, a mistyped password, a refused key."""
    model = world.provider.models.first()
    assert model is not None
    tested = Operation.start(Operation.Verb.TEST_MODEL, model, by=world.owner)
    tasks.test_model.apply(kwargs={"operation_id": tested.pk})
    Operation.start(Operation.Verb.TEST_MODEL, model, by=world.owner)
    model_lists.set_active(model, world.project, by=world.owner)
    spare = Secret(project=world.project, name="Spare", kind="openai", host="api.openai.com")
    secrets.add(spare, {"api_key": API_KEY.value}, by=world.owner, now=timezone.now())
    secrets.replace(spare, {"api_key": REPLACEMENT.value}, by=world.owner, now=timezone.now())
    agent, _ = make_agent(world.project, routing="pinned", pinned_model=model)
    make_limit(agent, measure="usd_per_month", amount=50, name=f"Limit {MARK}")
    make_model(world.project, model)
    make_invitation(world.project, by=world.owner)
    make_webhook(world.project, url=world.upstream.url_for("/v1/models"))
    make_notice(world.project)
    make_cronjob(world.project, pinned_model=model)
    grant(Group.objects.create(name="Marked people"), "view", world.project)
    use(world.provider, at=timezone.now(), key=world.key.public_id, user_name=world.owner.email)
    for person in User.objects.order_by("pk")[:2]:
        grant(person, "view", world.project)
    EgressRule.objects.create(target="10.1.2.3", port=8000, reason="a GPU box")
    typed = {"username": world.staff.email, "password": MISTYPED_PASSWORD.value}
    Client().post("/admin/login/", typed)
    Client().get("/api/v1/ai-providers", headers={"Authorization": f"Bearer {world.token}x"})
    assert AccessAttempt.objects.exists()
