"""A stored credential: kept, replaced, and never sent where it was not entered for."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from providers.kinds.registry import kind_for
from providers.models import Secret
from tests.factories import make_provider, make_secret
from tests.providers.services.drafting import add, change, errors_of

pytestmark = pytest.mark.django_db


def test_an_empty_credential_keeps_the_stored_one(project, person):
    provider = add(project, person)

    change(provider, person, name="Renamed")

    assert provider.secret.open(purpose="test", now=timezone.now()) == {
        "api_key": "sk-test-1234567890abcdef"
    }


def test_a_new_credential_replaces_the_stored_one_in_place(project, person):
    provider = add(project, person)
    secret = provider.secret

    change(provider, person, credential={"api_key": "sk-new-000000000000000"})

    secret.refresh_from_db()
    assert Secret.objects.count() == 1
    assert secret.open(purpose="test", now=timezone.now())["api_key"] == "sk-new-000000000000000"


def test_a_new_credential_leaves_a_shared_secret_to_the_others(project, person):
    secret = make_secret(project, values={"api_key": "sk-shared-0000000000"})
    mine, theirs = (make_provider(project, secret=secret) for _ in range(2))

    change(mine, person, credential={"api_key": "sk-mine-000000000000"})

    theirs.refresh_from_db()
    assert theirs.secret == secret
    assert secret.open(purpose="test", now=timezone.now()) == {"api_key": "sk-shared-0000000000"}
    assert mine.secret != secret


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_url": "https://evil.example.com/v1"}, "base_url"),
        ({"base_url": "https://llm.example.com:8443/v1"}, "base_url"),
        ({"base_url": "http://llm.example.com/v1"}, "base_url"),
        ({"base_url": "http://llm.example.com:443/v1"}, "base_url"),
        ({"kind": kind_for("custom-anthropic")}, "kind"),
    ],
)
def test_a_stored_credential_is_not_sent_to_a_new_host_or_kind(project, person, changes, field):
    provider = add(project, person, kind=kind_for("custom"), base_url="https://llm.example.com/v1")

    with pytest.raises(ValidationError) as refusal:
        change(provider, person, **changes)

    assert "Enter the credential again" in errors_of(refusal)[field][0]
    provider.refresh_from_db()
    assert provider.base_url == "https://llm.example.com/v1"


def test_another_path_at_the_same_host_keeps_the_credential(project, person):
    provider = add(project, person, kind=kind_for("custom"), base_url="https://llm.example.com/v1")

    change(provider, person, base_url="https://llm.example.com/openai/v1/")

    assert provider.base_url == "https://llm.example.com/openai/v1"


def test_a_credential_given_over_https_is_not_sent_in_clear_and_the_refusal_says_so(
    project, person
):
    provider = add(project, person, kind=kind_for("custom"), base_url="https://llm.example.com/v1")

    with pytest.raises(ValidationError) as refusal:
        change(provider, person, base_url="http://llm.example.com/v1")

    told = errors_of(refusal)["base_url"][0]
    assert told.endswith("the stored one was given for llm.example.com over https.")


@pytest.mark.parametrize(
    ("entered_for", "spelled_out", "bound_to"),
    [
        (
            "https://llm.example.com/v1",
            "https://LLM.example.com:443/v1",
            "llm.example.com",
        ),
        (
            "http://llm.example.com:80/v1",
            "http://llm.example.com/v1",
            "http://llm.example.com",
        ),
    ],
)
def test_a_default_port_spelled_out_is_the_same_place(
    project, person, entered_for, spelled_out, bound_to
):
    provider = add(project, person, kind=kind_for("custom"), base_url=entered_for)

    change(provider, person, base_url=spelled_out)

    assert provider.secret.host == bound_to


def test_a_linked_secret_is_refused_for_a_host_it_was_not_entered_for(project, person):
    secret = make_secret(project, kind="custom", host="llm.example.com")

    with pytest.raises(ValidationError) as refusal:
        add(
            project,
            person,
            kind=kind_for("custom"),
            base_url="https://evil.example.com/v1",
            credential={},
            secret=secret,
        )

    assert "base_url" in errors_of(refusal)


def test_a_secret_of_another_project_is_refused(project, person):
    foreign = make_secret(kind="openai", host="api.openai.com")

    with pytest.raises(ValidationError) as refusal:
        add(project, person, credential={}, secret=foreign)

    assert "secret" in errors_of(refusal)


def test_a_kinds_own_address_is_refused_at_save_where_it_could_not_be_called(
    project, person, settings
):
    settings.EGRESS_ALLOW_LOOPBACK = False

    with pytest.raises(ValidationError) as refusal:
        add(project, person, kind=kind_for("ollama"), credential={})

    assert "base_url" in errors_of(refusal)
