"""Where a call would go, asked over REST: the gateway's rules, and nobody is called."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Epoch
from gateway.breaker import State
from gateway.models.facade import BackendDraft
from gateway.sharing import text_of
from gateway.snapshots.loading import table_of
from providers.health import Health, Mode
from providers.models import ProjectRouting, Provider
from tests.factories import (
    make_agent,
    make_key,
    make_limit,
    make_model,
    make_project,
    make_provider,
)

pytestmark = pytest.mark.django_db

PATH = "/api/v1/routing/explain"


@pytest.fixture
def aurora():
    project = make_project("Aurora")
    near = make_provider(project, name="Near", models=("first", "other"))
    spare = make_provider(project, name="Spare", models=("first",))
    ProjectRouting.objects.create(
        project=project,
        active_model=near.models.get(upstream_id="first"),
        fallback_model=spare.models.get(),
    )
    return project


def ask(project, *, key=None, **sent):
    token = make_key(project)[1] if key is None else key
    headers = {"authorization": f"Bearer {token}"}
    return Client().post(PATH, sent, content_type="application/json", headers=headers)


def order(told):
    return [one["model"] for one in told["candidates"]]


def test_the_candidates_come_in_the_order_of_the_attempts(aurora, breakers):
    told = ask(aurora, model="default").json()

    assert order(told) == ["near/first", "spare/first"]
    assert [one["position"] for one in told["candidates"]] == [1, 2]
    assert (told["leftOut"], told["refusal"], told["seesBreakers"]) == ([], None, True)


def test_what_is_down_says_so(aurora, breakers):
    Provider.objects.filter(name="Near").update(health=Health.UNREACHABLE)

    told = ask(aurora, model="default").json()

    assert order(told) == ["spare/first"]
    (left_out,) = told["leftOut"]
    assert (left_out["obstacle"], left_out["reason"]) == ("down", "Near is down.")


def test_while_it_falls_back_the_fallback_comes_first(aurora, breakers):
    ProjectRouting.objects.filter(project=aurora).update(mode=Mode.FALLBACK)

    assert order(ask(aurora, model="default").json()) == ["spare/first", "near/first"]


def test_on_a_game_day_the_drilled_provider_is_left_out(aurora, breakers):
    until = timezone.now() + timedelta(minutes=5)
    near = Provider.objects.get(name="Near")
    ProjectRouting.objects.filter(project=aurora).update(drilled_provider=near, drilled_until=until)

    assert order(ask(aurora, model="default").json()) == ["spare/first"]


def test_what_the_gateways_leave_alone_says_so(aurora, breakers):
    target = table_of(aurora.pk).by_path["near/first"][0]
    breakers[f"{target.id}/{target.edition}".encode()] = text_of(State(3, 9_999_999_999)).encode()

    told = ask(aurora, model="default").json()

    assert order(told) == ["spare/first"]
    assert told["leftOut"][0]["obstacle"] == "breaker_open"


def test_a_server_that_is_away_is_told_of(aurora, settings, tmp_path):
    settings.REDIS_ADDRESS = f"unix://{tmp_path}/nobody.sock"

    assert ask(aurora, model="default").json()["seesBreakers"] is False


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"model": "first"}, 400, "invalid_request"),
        ({"model": "frist"}, 404, "model_not_found"),
        ({"model": "near/first", "format": "messages"}, 400, "invalid_request"),
    ],
)
def test_a_refusal_is_told_as_the_client_would_get_it(aurora, breakers, sent, status, code):
    told = ask(aurora, **sent).json()

    assert (told["refusal"]["status"], told["refusal"]["code"]) == (status, code)
    assert told["candidates"] == []


def test_a_keys_policy_counts(aurora, breakers):
    policy = [
        {"effect": "Allow", "action": ["*"], "resource": ["*"]},
        {
            "effect": "Deny",
            "action": ["models:Invoke"],
            "resource": [Provider.objects.get(name="Near").models.first().public_id],
        },
    ]
    key, _ = make_key(aurora, policy=policy)

    told = ask(aurora, model="default", callerId=key.public_id).json()

    assert order(told) == ["spare/first"]
    assert told["leftOut"][0]["obstacle"] == "not_allowed"


def test_a_long_request_is_measured_by_the_context_window(aurora, breakers):
    Provider.objects.get(name="Near").models.update(context_window=1_000)

    told = ask(aurora, model="default", inputTokens=5_000).json()

    assert order(told) == ["spare/first"]
    assert told["leftOut"][0]["reason"] == "It takes 1,000 tokens, and the request has 5,000."


def test_a_model_without_a_price_is_left_out_under_a_limit_of_money(aurora, breakers):
    Provider.objects.get(name="Spare").models.update(input_price="1", output_price="2")
    make_limit(aurora, measure="usd_per_day", amount=5)

    told = ask(aurora, model="default").json()

    assert order(told) == ["spare/first"]
    (left_out,) = told["leftOut"]
    assert left_out["obstacle"] == "unpriced"
    assert left_out["reason"].startswith("It has no price, and a limit in USD")


def test_without_any_price_the_refusal_names_the_limit(aurora, breakers):
    make_limit(aurora, measure="usd_per_day", amount=5, name="Budget")

    told = ask(aurora, model="default").json()

    assert told["candidates"] == []
    assert [one["obstacle"] for one in told["leftOut"]] == ["unpriced", "unpriced"]
    assert told["refusal"]["code"] == "model_unpriced"
    assert "“Budget”" in told["refusal"]["message"]


@pytest.mark.parametrize("lenience", [{"is_shadow": True}, {"allows_unpriced": True}])
def test_a_limit_that_lets_unpriced_models_through_is_in_nobodys_way(aurora, breakers, lenience):
    make_limit(aurora, measure="usd_per_day", amount=5, **lenience)

    assert order(ask(aurora, model="default").json()) == ["near/first", "spare/first"]


def test_another_projects_key_is_not_found(aurora, breakers):
    other, _ = make_key(make_project("Borealis"))

    assert ask(aurora, callerId=other.public_id).status_code == 404


def test_asking_changes_nothing(aurora, breakers, django_assert_max_num_queries):
    _, token = make_key(aurora)
    epoch = Epoch.current()

    with django_assert_max_num_queries(25):
        ask(aurora, key=token, model="default")

    assert Epoch.current() == epoch


@pytest.mark.parametrize(
    ("routing", "found"),
    [
        ("pinned", ["near/other"]),
        ("inherit", ["near/first", "spare/first"]),
        ("client", ["spare/first"]),
    ],
)
def test_an_agents_route_counts(aurora, breakers, routing, found):
    other = Provider.objects.get(name="Near").models.get(upstream_id="other")
    pinned = {"pinned_model": other} if routing == "pinned" else {}
    agent, _ = make_agent(aurora, routing=routing, **pinned)

    told = ask(aurora, model="spare/first", callerId=agent.public_id).json()

    assert order(told) == found


def test_a_facades_backends_are_told_in_their_order(aurora, breakers):
    near, spare = Provider.objects.get(name="Near"), Provider.objects.get(name="Spare")
    drafts = [
        BackendDraft(spare.models.get(), priority=2),
        BackendDraft(near.models.get(upstream_id="other"), priority=1),
    ]
    make_model(aurora, *drafts, slug="smart")

    assert order(ask(aurora, model="smart").json()) == ["near/other", "spare/first"]
