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
def ids_listed(project, person, httpserver, monkeypatch):
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
        listed = connections.live_models_of(provider, now=timezone.now())
        return [model.id for model in listed]

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


def test_a_list_that_is_refused_is_told_and_not_left_out(ids_listed, httpserver):
    refusal = recorded_refusal("bedrock", "not_allowed")
    httpserver.expect_oneshot_request("/inference-profiles").respond_with_response(refusal)

    with pytest.raises(connections.ListingFailed, match="in IAM"):
        ids_listed([NOVA], [CLAUDE])


def test_the_recorded_lists_are_read_together(ids_listed):
    answers = recorded("bedrock")
    models = answers["models"]["answer"]["modelSummaries"]
    profiles = answers["inference_profiles"]["answer"]["inferenceProfileSummaries"]

    assert ids_listed(models, profiles) == [
        model_id
        for answer in (answers["models"], answers["inference_profiles"])
        for model_id, _kind in answer["listed"]
    ]
