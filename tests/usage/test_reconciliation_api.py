"""A provider's export beside the ledger, as scripts send it."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from tests.factories import make_key, make_project, make_provider
from tests.usage.lines import use

pytestmark = pytest.mark.django_db
PATH = "/api/v1/usage/reconciliation"


@pytest.fixture
def provider(project):
    return make_provider(project, models=("near-model",))


@pytest.fixture
def reconcile(project):
    client = APIClient(headers={"authorization": f"Bearer {make_key(project)[1]}"})

    def reconcile(provider_id, statement):
        return client.post(PATH, {"providerId": provider_id, "statement": statement})

    return reconcile


def export(model, prompt, generated):
    day = datetime.now(UTC).date()
    return f"date,model,input_tokens,output_tokens\n{day},{model},{prompt},{generated}\n"


def test_each_models_drift_is_told(reconcile, provider):
    use(provider, at=datetime.now(UTC), model="near-model")
    told = reconcile(provider.public_id, export("near-model", 1_000, 1_000))

    assert told.status_code == 200
    [drift] = told.json()["models"]
    assert drift["model"] == "near-model"
    assert drift["theirs"]["promptTokens"] == 1_000
    assert drift["ours"]["requests"] == 1
    ours = drift["ours"]["promptTokens"] + drift["ours"]["generatedTokens"]
    assert drift["tokenDrift"] == pytest.approx(1 - ours / 2_000)


def test_what_can_t_be_read_is_refused_at_its_field(reconcile, provider):
    use(provider, at=datetime.now(UTC))

    told = reconcile(provider.public_id, "nothing of the kind")

    assert told.status_code == 400
    assert "statement" in told.json()["error"]["meta"]["fields"]


def test_another_projects_provider_was_not_used_here(reconcile, provider):
    other = make_provider(make_project("Elsewhere"))
    use(other, at=datetime.now(UTC))

    told = reconcile(other.public_id, export("x", 1, 1))

    assert told.status_code == 400
    assert "providerId" in told.json()["error"]["meta"]["fields"]
