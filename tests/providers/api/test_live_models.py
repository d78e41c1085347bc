"""What a provider lists now, over REST: its models, its own refusal, or that it lists nothing."""

import pytest
from rest_framework.test import APIClient

from tests.factories import make_key, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(project):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(project)[1]}")
    return client


@pytest.fixture
def listing(httpserver, project):
    """A provider at a server of the test's own, and what that answers."""
    provider = make_provider(project, kind="custom", base_url=httpserver.url_for("/v1"))
    return provider, httpserver.expect_request("/v1/models")


def models_of(client, provider):
    return client.get(f"/api/v1/ai-providers/{provider.public_id}/models")


def test_the_live_list_is_a_page_like_any_other(client, listing):
    provider, answers = listing
    answers.respond_with_json({"data": [{"id": "small"}, {"id": "large"}]})

    answer = models_of(client, provider)

    assert answer.status_code == 200
    assert answer.json()["total"] == 2
    assert {"small", "large"} == {row["id"] for row in answer.json()["data"]}


def test_a_providers_refusal_comes_in_its_own_words(client, listing):
    provider, answers = listing
    answers.respond_with_json({"error": {"message": "The list is closed."}}, status=500)

    answer = models_of(client, provider)

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "AI_PROVIDER_ERROR"
    assert "The list is closed." in answer.json()["error"]["message"]


def test_a_kind_that_lists_nothing_says_so(client, project):
    provider = make_provider(project, kind="zai")

    answer = models_of(client, provider)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "MODEL_LISTING_UNSUPPORTED"
