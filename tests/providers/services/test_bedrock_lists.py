"""Bedrock's two lists of models as one."""

import pytest
from django.utils import timezone

from providers.kinds.registry import KINDS
from providers.services import connections
from tests.providers.services.clouds_here import (
    MODEL,
    add_bedrock,
    here,
    recorded,
    recorded_refusal,
)

pytestmark = pytest.mark.django_db

NOVA = {
    "modelId": "amazon.nova-lite-v1:0",
    "outputModalities": ["TEXT"],
    "inferenceTypesSupported": ["ON_DEMAND"],
}
CLAUDE = {"inferenceProfileId": MODEL, "status": "ACTIVE", "type": "SYSTEM_DEFINED"}


@pytest.fixture
def asked():
    """What was listed, as the tests below asked for it."""
    return []


@pytest.fixture
def ids_listed(project, person, httpserver, monkeypatch, asked):
    """List the models of a provider whose lists are answered so."""

    def ask(models, profiles):
        lists = {
            "/foundation-models": {"modelSummaries": models},
            "/inference-profiles": {"inferenceProfileSummaries": profiles},
        }
        for path, answer in lists.items():
            httpserver.expect_request(path).respond_with_json(answer)
        provider = add_bedrock(project, person)
        here(monkeypatch, httpserver, KINDS["bedrock"])
        asked.append(connections.live_models_of(provider, now=timezone.now()))
        return [model.id for model in asked[-1]]

    return ask


@pytest.mark.parametrize(
    ("models", "profiles", "expected"),
    [
        ([NOVA], [CLAUDE], ["amazon.nova-lite-v1:0", MODEL]),
        ([NOVA], [], ["amazon.nova-lite-v1:0"]),
        ([], [CLAUDE], [MODEL]),
        ([NOVA, NOVA], [CLAUDE, CLAUDE | {"status": "CREATING"}], ["amazon.nova-lite-v1:0", MODEL]),
    ],
)
def test_what_either_list_offers_is_listed_once(ids_listed, models, profiles, expected):
    assert ids_listed(models, profiles) == expected


def test_two_empty_lists_are_told(ids_listed):
    with pytest.raises(connections.ListingFailed, match="lists no models"):
        ids_listed([], [])


def test_a_key_without_the_right_to_profiles_lists_the_rest_and_says_why(
    ids_listed, httpserver, asked
):
    refusal = recorded_refusal("bedrock", "not_allowed")
    httpserver.expect_oneshot_request("/inference-profiles").respond_with_response(refusal)

    assert ids_listed([NOVA], [CLAUDE]) == ["amazon.nova-lite-v1:0"]
    assert asked[-1].is_cut
    assert "in IAM" in asked[-1].lacking


@pytest.mark.parametrize(
    ("path", "models"), [("/foundation-models", [NOVA]), ("/inference-profiles", [])]
)
def test_a_refusal_that_leaves_nothing_to_offer_is_told(ids_listed, httpserver, path, models):
    refusal = recorded_refusal("bedrock", "not_allowed")
    httpserver.expect_oneshot_request(path).respond_with_response(refusal)

    with pytest.raises(connections.ListingFailed, match="in IAM"):
        ids_listed(models, [CLAUDE])


def test_the_recorded_lists_are_read_together(ids_listed):
    answers = recorded("bedrock")
    models = answers["models"]["answer"]["modelSummaries"]
    profiles = answers["inference_profiles"]["answer"]["inferenceProfileSummaries"]

    assert ids_listed(models, profiles) == [
        model_id
        for answer in (answers["models"], answers["inference_profiles"])
        for model_id, _kind in answer["listed"]
    ]
