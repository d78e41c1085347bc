"""Adding and changing a provider: what is stored, what is refused, what is told."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authority import Forbidden
from accounts.grants import grant
from accounts.models import AuditEvent, Role
from providers.kinds.registry import kind_for
from providers.models import CatalogEntry, ProjectRouting, Provider, Secret, TestStatus
from providers.models.refusals import IsActiveModel
from providers.services import providers
from tests.factories import make_catalog_entry, make_member, make_project, make_user
from tests.providers.services.drafting import add, change, errors_of

pytestmark = pytest.mark.django_db

BY_LOGIN = {
    "kind": kind_for("oauth-compatible"),
    "base_url": "https://models.example.com/v1",
    "credential": {},
}
LOGIN = {"client_id": "axiom", "authorization_url": "https://login.example.com/"}


def test_the_first_provider_makes_its_default_model_active(project, person):
    provider = add(project, person)

    routing = ProjectRouting.objects.get(project=project)
    assert routing.active_model.upstream_id == "gpt-x"
    assert provider.default_model.upstream_id == "gpt-x"


def test_routings_are_held_before_the_provider_and_the_epoch_comes_last(project, person):
    """As the health monitor holds them: else the two would wait for each other."""
    with CaptureQueriesContext(connection) as asked:
        provider = add(project, person)
    assert _writes(asked)[0] == "providers_projectrouting"
    with CaptureQueriesContext(connection) as asked:
        change(provider, person, name="Renamed")
    assert _writes(asked)[0] == "providers_projectrouting"
    with CaptureQueriesContext(connection) as asked:
        add(project, person, name="Other")
    touched = _writes(asked)
    assert touched.index("providers_providermodel") < touched.index("accounts_epoch")
    assert "providers_projectrouting" not in touched[touched.index("accounts_epoch") :]


def _writes(asked):
    """Name the tables that queries write or hold, in their order; routings are only held."""
    pattern = re.compile(
        r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"|FROM "(providers_projectrouting)"'
    )
    found = (pattern.search(query["sql"]) for query in asked.captured_queries)
    return [match.group(1) or match.group(2) for match in found if match]


def test_a_second_provider_leaves_the_active_model_alone(project, person):
    add(project, person)

    add(project, person, name="Other", models=("other",))

    assert ProjectRouting.objects.get(project=project).active_model.upstream_id == "gpt-x"


def test_an_embedding_model_is_not_made_active(project, person):
    add(project, person, models=("text-embedding-3-small",))

    assert not ProjectRouting.objects.filter(project=project).exclude(active_model=None).exists()


def test_models_keep_the_order_that_was_given(project, person):
    provider = add(project, person, models=("c", "a", "b"))

    assert list(provider.models.in_form_order().values_list("upstream_id", flat=True)) == [
        "c",
        "a",
        "b",
    ]


def test_a_model_that_the_catalog_knows_takes_its_values(project, person):
    entry = make_catalog_entry("gpt-x", input_price="2.5")

    provider = add(project, person)

    model = provider.models.get(upstream_id="gpt-x")
    assert model.input_price == CatalogEntry.objects.get(pk=entry.pk).input_price
    assert model.source == entry.source
    assert provider.models.get(upstream_id="gpt-y").source == "Custom"


def test_the_credential_is_sealed_and_opens_again(project, person):
    provider = add(project, person)

    assert b"sk-test" not in bytes(provider.secret.ciphertext)
    opened = provider.secret.open(purpose="test", now=timezone.now())
    assert opened == {"api_key": "sk-test-1234567890abcdef"}
    assert provider.secret.prefix == "sk-tes"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"credential": {}}, "api_key"),
        ({"credential": {"password": "x"}}, "password"),
        ({"base_url": "https://elsewhere.example.com"}, "base_url"),
        ({"kind": kind_for("custom"), "base_url": ""}, "base_url"),
        ({"kind": kind_for("custom"), "base_url": "ftp://files.example.com"}, "base_url"),
        ({"kind": kind_for("custom"), "base_url": "http://10.0.0.8/v1"}, "base_url"),
        ({"kind": kind_for("custom"), "base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"kind": kind_for("openai-codex")}, "client_id"),
        ({**BY_LOGIN, "config": LOGIN | {"token_url": "http://10.0.0.8/token"}}, "token_url"),
        ({**BY_LOGIN, "config": LOGIN | {"issuer": "http://169.254.169.254/"}}, "issuer"),
        ({"models": ("a", "a")}, "models"),
        ({"models": ("  ",)}, "models"),
        ({"default_model": "unlisted"}, "default_model"),
        ({"agent_types": ("spaceship",)}, "agent_types"),
        ({"degraded_threshold_ms": 0}, "degraded_threshold_ms"),
    ],
)
def test_a_bad_draft_is_refused_at_its_field_and_stores_nothing(project, person, changes, field):
    with pytest.raises(ValidationError) as refusal:
        add(project, person, **changes)

    assert field in errors_of(refusal)
    assert not Provider.objects.exists()
    assert not Secret.objects.exists()


def test_a_name_is_unique_within_its_project_in_any_case(project, person):
    add(project, person)

    with pytest.raises(ValidationError) as refusal:
        add(project, person, name="OPENAI")

    assert errors_of(refusal) == {"name": ["This project already has a provider of that name."]}


def test_two_projects_may_use_one_name(project, person):
    add(project, person)

    add(make_project(), person)

    assert Provider.objects.filter(name="OpenAI").count() == 2


def test_a_name_taken_meanwhile_is_one_clear_field_error(project, person, monkeypatch):
    add(project, person)
    monkeypatch.setattr(Provider, "validate_constraints", lambda *_args, **_kwargs: None)

    with pytest.raises(ValidationError) as refusal:
        add(project, person)

    assert errors_of(refusal) == {"name": ["This project already has a provider of that name."]}


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://llm.example.com/v2"},
        {"credential": {"api_key": "sk-another-0000000000"}},
        {"config": {"extra_headers": "X-Team: research"}},
    ],
)
def test_a_change_of_what_is_called_takes_the_tests_back(project, person, changes):
    provider = add(project, person, kind=kind_for("custom"), base_url="https://llm.example.com/v1")
    provider.models.update(test_status=TestStatus.CONNECTED)

    change(provider, person, **changes)

    assert set(provider.models.values_list("test_status", flat=True)) == {TestStatus.UNTESTED}


def test_a_new_name_leaves_the_tests_alone(project, person):
    provider = add(project, person)
    provider.models.update(test_status=TestStatus.CONNECTED)

    change(provider, person, name="Renamed")

    assert set(provider.models.values_list("test_status", flat=True)) == {TestStatus.CONNECTED}


def test_leaving_the_active_model_out_of_the_list_is_refused(project):
    person = make_member(project, Role.EDITOR)
    provider = add(project, person)

    with pytest.raises(IsActiveModel):
        change(provider, person, models=("gpt-y",), default_model="")

    assert provider.models.count() == 2


def test_a_model_that_is_left_out_is_removed_on_record(project):
    person = make_member(project, Role.EDITOR)
    provider = add(project, person)
    gone = provider.models.get(upstream_id="gpt-y")

    change(provider, person, models=("gpt-x",))

    removal = AuditEvent.objects.get(action="aiProviders:DeleteProviderModel")
    assert removal.target_id == gone.public_id
    assert removal.before["upstreamId"] == "gpt-y"


def test_who_may_only_change_a_provider_leaves_no_model_out(project, person):
    provider = add(project, person)
    changer = make_user()
    grant(changer, "change", provider)

    with pytest.raises(Forbidden, match="aiProviders:DeleteProviderModel"):
        change(provider, changer, models=("gpt-x",))

    assert provider.models.count() == 2


def test_stale_fields_go_when_the_kind_changes(project, person):
    provider = add(project, person, config={"organization": "org-1"})

    change(
        provider,
        person,
        kind=kind_for("mistral"),
        config={},
        credential={"api_key": "mistral-key-0000000"},
    )

    assert provider.config == {}


def test_every_change_is_in_the_audit_and_no_credential_is(project, person):
    provider = add(project, person)
    change(provider, person, credential={"api_key": "sk-second-1234567890"}, name="Renamed")
    providers.set_enabled(add(project, person, name="Spare"), enabled=False, by=person)

    actions = set(AuditEvent.objects.values_list("action", flat=True))
    told = " ".join(str(event.before) + str(event.after) for event in AuditEvent.objects.all())
    assert {
        "aiProviders:CreateAiProvider",
        "aiProviders:UpdateAiProvider",
        "aiProviders:DisableAiProvider",
        "secrets:CreateSecret",
        "secrets:UpdateSecret",
    } <= actions
    assert "1234567890" not in told
    assert "Renamed" in told
