"""Providers of the clouds from the form to the outcome: credentials, regions, tests, lists."""

import json
import re
import sys

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from werkzeug import Response

from providers.kinds.registry import KINDS, kind_for
from providers.kinds.vocabulary import ErrorClass
from providers.models import Provider, Secret, TestStatus
from providers.services import connections
from tests.factories import accept_terms
from tests.providers.kinds.cloud_doubles import (
    PAIR,
    TOKEN_PATH,
    Judge,
    TokenService,
    kind_at,
    service_account,
)
from tests.providers.services.clouds_here import (
    MODEL,
    add,
    add_bedrock,
    add_vertex,
    here,
    recorded_refusal,
)
from tests.providers.services.drafting import change, errors_of

pytestmark = pytest.mark.django_db


def outcome_of(provider):
    return connections.test_connection(provider.models.get(), now=timezone.now())


def test_a_key_is_kept_for_the_whole_of_aws(project, person):
    provider = add_bedrock(project, person)

    assert provider.secret.host == "amazonaws.com"
    assert provider.effective_base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    opened = provider.secret.open(purpose="test", now=timezone.now())
    assert opened == PAIR


def test_another_region_keeps_the_key_and_takes_the_tests_back(project, person):
    provider = add_bedrock(project, person)
    provider.models.update(test_status=TestStatus.CONNECTED)

    change(provider, person, config={"region": "eu-west-3"})

    assert provider.effective_base_url == "https://bedrock-runtime.eu-west-3.amazonaws.com"
    assert provider.models.get().test_status == TestStatus.UNTESTED


def test_a_key_that_is_kept_serves_another_provider_in_another_region(project, person):
    first = add_bedrock(project, person)

    second = add_bedrock(
        project,
        person,
        name="Paris",
        credential={},
        secret=first.secret,
        config={"region": "eu-west-3"},
    )

    assert second.secret == first.secret


@pytest.mark.parametrize(
    "region", ["evil.example.com/", "us-east-1.evil.example.com", "us-east-1@evil.example.com"]
)
def test_a_kept_key_goes_to_no_other_vendor(project, person, region):
    provider = add_bedrock(project, person)

    with pytest.raises(ValidationError) as refusal:
        change(provider, person, config={"region": region})

    assert "region" in errors_of(refusal)
    provider.refresh_from_db()
    assert provider.config == {"region": "us-east-1"}


def test_a_kept_key_is_of_its_kind_alone(project, person):
    provider = add_bedrock(project, person)

    with pytest.raises(ValidationError) as refusal:
        change(
            provider,
            person,
            kind=kind_for("custom"),
            base_url="https://x.amazonaws.com/v1",
            config={},
        )

    assert "Enter the credential again" in errors_of(refusal)["kind"][0]


@pytest.mark.parametrize(
    ("slug", "changes", "field"),
    [
        ("bedrock", {"credential": {}}, "access_key_id"),
        ("bedrock", {"credential": PAIR | {"api_key": "x"}}, "secret_access_key"),
        ("bedrock", {"credential": PAIR, "config": {"region": "Paris"}}, "region"),
        ("vertex", {"credential": {"service_account": "{}"}}, "service_account"),
        ("vertex", {"credential": {"service_account": service_account()}}, "project"),
        ("vertex-anthropic", {"config": {"project": "p", "location": "moon"}}, "location"),
        ("claude-sdk", {"credential": {}}, "oauth_token"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_stored(
    project, person, slug, changes, field
):
    with pytest.raises(ValidationError) as refusal:
        add(slug, project, person, **changes)

    assert field in errors_of(refusal)
    assert not Provider.objects.exists()
    assert not Secret.objects.exists()


def test_a_model_at_bedrock_connects_with_a_signature(project, person, httpserver, monkeypatch):
    httpserver.expect_request(re.compile(".*")).respond_with_handler(Judge(monkeypatch))
    provider = add_bedrock(project, person)
    here(monkeypatch, httpserver, KINDS["bedrock"])

    outcome = outcome_of(provider)

    assert outcome.ok, outcome.message
    assert httpserver.log[0][0].environ["RAW_URI"] == f"/model/{MODEL.replace(':', '%3A')}/converse"


def test_a_model_that_is_not_opened_is_told_as_that(project, person, httpserver, monkeypatch):
    httpserver.expect_request(re.compile(".*")).respond_with_response(
        recorded_refusal("bedrock", "no_access_to_model")
    )
    provider = add_bedrock(project, person)
    here(monkeypatch, httpserver, KINDS["bedrock"])

    outcome = outcome_of(provider)

    assert outcome.error_class is ErrorClass.NOT_FOUND
    assert "Request access to it in the Bedrock console" in provider.models.get().test_message


def test_a_model_at_vertex_connects_with_a_token_and_a_refused_token_is_dropped(
    project, person, httpserver, monkeypatch
):
    service = TokenService()
    httpserver.expect_request(TOKEN_PATH).respond_with_handler(service)
    success = json.dumps({"candidates": [{"content": {"parts": [{"text": "OK"}]}}]})
    said = [Response(success), recorded_refusal("vertex", "token_refused"), Response(success)]
    call = re.compile(".*:generateContent")
    httpserver.expect_request(call).respond_with_handler(lambda _request: said.pop(0))
    provider = add_vertex(project, person)
    here(monkeypatch, httpserver, kind_at(httpserver))

    outcomes = [outcome_of(provider) for _ in range(3)]

    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    assert outcomes[1].error_class is ErrorClass.INVALID_KEY
    assert len(service.assertions) == 2
    sent = [heard.headers["Authorization"] for heard, _ in httpserver.log if call.match(heard.path)]
    assert sent == [f"Bearer ya29.token-number-{number}" for number in (1, 1, 2)]


def test_a_service_account_that_google_refuses_is_told(project, person, httpserver, monkeypatch):
    refusal = (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    httpserver.expect_request(TOKEN_PATH).respond_with_handler(TokenService(refusal=refusal))
    provider = add_vertex(project, person)
    here(monkeypatch, httpserver, kind_at(httpserver))

    outcome = outcome_of(provider)

    assert (outcome.error_class, outcome.http_status) == (ErrorClass.INVALID_KEY, 400)
    assert "create a new JSON key" in outcome.message


TOKEN = {"oauth_token": "sk-ant-oat01-0123456789"}


def test_claude_cli_without_its_program_is_a_clear_state(project, person, settings):
    settings.CLAUDE_PATH = None
    accept_terms("claude-sdk")
    provider = add("claude-sdk", project, person, credential=TOKEN)

    outcome = outcome_of(provider)

    assert outcome.error_class is ErrorClass.BAD_REQUEST
    assert "AXIOM_CLAUDE_PATH" in provider.models.get().test_message


def test_claude_cli_connects_by_the_operators_program(project, person, settings, tmp_path):
    path = tmp_path / "claude"
    said = {"type": "result", "subtype": "success", "is_error": False, "result": "OK"}
    path.write_text(f"#!{sys.executable}\nprint({json.dumps(said)!r})\n")
    path.chmod(0o755)
    settings.CLAUDE_PATH = path
    accept_terms("claude-sdk")
    provider = add("claude-sdk", project, person, credential=TOKEN)

    outcome = outcome_of(provider)

    assert outcome.ok, outcome.message
    assert (provider.secret.host, provider.effective_base_url) == ("", "")


def test_a_login_that_is_personal_is_not_shared(project, person):
    with pytest.raises(ValidationError) as refusal:
        add("claude-sdk", None, person, credential=TOKEN)

    assert "can't be shared" in errors_of(refusal)["kind"][0]
