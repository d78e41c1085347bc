"""Azure's own rules on a provider: its deployments are its models, its host is its resource."""

import dataclasses

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework.test import APIClient

from providers.kinds.registry import kind_for
from providers.models import TestStatus
from providers.services import providers
from providers.services.drafts import ProviderDraft, draft_of
from tests.factories import make_key, make_project, make_user

pytestmark = pytest.mark.django_db

RESOURCE = "https://contoso.openai.azure.com"


@pytest.fixture
def person():
    return make_user()


def draft(**changes):
    plain = ProviderDraft(
        name="Azure",
        kind=kind_for("azure-openai"),
        base_url=f"{RESOURCE}/",
        config={"deployment": "gpt-prod", "api_version": ""},
        credential={"api_key": "azure-key-0123456789"},
    )
    return dataclasses.replace(plain, **changes)


@pytest.fixture
def add(person):
    def store(**changes):
        return providers.add(draft(**changes), project=make_project(), by=person, now=_now())

    return store


def _now():
    return timezone.now()


def models_of(provider):
    return list(provider.models.in_form_order().values_list("upstream_id", flat=True))


def test_the_deployment_is_a_model_without_being_listed(add):
    provider = add()

    assert models_of(provider) == ["gpt-prod"]
    assert provider.default_model.upstream_id == "gpt-prod"


def test_further_deployments_are_further_models(add):
    provider = add(models=("gpt-small", "text-embedding-prod"))

    assert models_of(provider) == ["gpt-prod", "gpt-small", "text-embedding-prod"]
    assert provider.models.get(upstream_id="text-embedding-prod").kind == "embedding"
    assert provider.default_model.upstream_id == "gpt-prod"


def test_the_deployment_is_the_default_wherever_it_stands_in_the_list(add):
    provider = add(models=("gpt-small", "gpt-prod"))

    assert models_of(provider) == ["gpt-small", "gpt-prod"]
    assert provider.default_model.upstream_id == "gpt-prod"


def test_another_default_may_be_named(add):
    provider = add(models=("gpt-small",), default_model="gpt-small")

    assert provider.default_model.upstream_id == "gpt-small"


def test_another_deployment_joins_the_models_that_are_there(add, person):
    provider = add()

    config = {"deployment": "gpt-next"}
    wanted = dataclasses.replace(draft_of(provider), config=config, default_model="")
    providers.change(provider, wanted, by=person, now=_now())

    assert models_of(provider) == ["gpt-next", "gpt-prod"]
    assert provider.default_model.upstream_id == "gpt-next"


def test_the_key_of_one_resource_is_not_sent_to_another(add, person):
    provider = add()

    elsewhere = dataclasses.replace(draft_of(provider), base_url="https://evil.openai.azure.com")
    with pytest.raises(ValidationError) as refusal:
        providers.change(provider, elsewhere, by=person, now=_now())

    assert "given for contoso.openai.azure.com" in refusal.value.message_dict["base_url"][0]


def test_another_api_version_keeps_the_key_and_takes_the_tests_back(add, person):
    provider = add()
    provider.models.update(test_status=TestStatus.CONNECTED)

    dated = {"deployment": "gpt-prod", "api_version": "2024-10-21"}
    wanted = dataclasses.replace(draft_of(provider), config=dated)
    providers.change(provider, wanted, by=person, now=_now())

    assert provider.secret.open(purpose="test", now=_now()) == {"api_key": "azure-key-0123456789"}
    assert provider.models.get().test_status == TestStatus.UNTESTED


def test_a_script_adds_one_by_its_alias():
    project = make_project()
    _, token = make_key(project)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    response = client.post(
        "/api/v1/ai-providers",
        {
            "name": "Azure",
            "provider": "azure-openai",
            "apiKey": "azure-key-0123456789",
            "baseUrl": RESOURCE,
            "config": {"deployment": "gpt-prod", "api_version": "2024-10-21"},
        },
    )

    assert response.status_code == 201, response.content
    said = response.json()
    assert (said["provider"], said["defaultModel"]) == ("azure", "gpt-prod")
    assert said["config"] == {"deployment": "gpt-prod", "api_version": "2024-10-21"}


def test_the_fields_of_azure_go_with_it(add, person):
    provider = add()

    wanted = dataclasses.replace(
        draft_of(provider),
        kind=kind_for("openai"),
        base_url="",
        config={},
        credential={"api_key": "sk-0123456789abcdef"},
        models=("gpt-prod",),
    )
    providers.change(provider, wanted, by=person, now=_now())

    assert (provider.config, provider.base_url) == ({}, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"config": {}}, "deployment"),
        ({"config": {"deployment": "x" * 201}}, "models"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": f"{RESOURCE}/openai/responses?api-version=preview"}, "base_url"),
        ({"base_url": "http://169.254.169.254/openai"}, "base_url"),
        ({"credential": {}}, "api_key"),
    ],
)
def test_what_is_missing_is_said_at_its_field(add, changes, field):
    with pytest.raises(ValidationError) as refusal:
        add(**changes)

    assert field in refusal.value.message_dict
