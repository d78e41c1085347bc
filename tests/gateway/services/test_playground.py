"""A conversation through the gateway, in whatever format the chosen model's provider speaks."""

import time

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.principal import Principal
from accounts.roles import Role
from gateway import passes
from gateway.formats.conversing import Said
from gateway.formats.conversing import Speaker as Who
from gateway.models import Agent
from gateway.services import playground
from gateway.services.playground import Ask, answer
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.speakers import CHAT, GEMINI, MESSAGES, RESPONSES
from usage.entries import KindOfUse
from usage.limits.windows import window_of
from usage.models import UsageRecord

HELLO = (Said(Who.USER, "Hi there"),)

pytestmark = pytest.mark.usefixtures("shared_db")


@pytest.fixture
def person(aurora):
    return factories.make_member(aurora, Role.EDITOR)


@pytest.fixture
def ask(settings, gateway, person, aurora):
    """Ask through a running gateway; give all that is told of the answer."""
    settings.GATEWAY_INSIDE_URL = f"http://127.0.0.1:{gateway.port}"

    def ask(model="default", *, said=HELLO, by=person, agent=None, system=""):
        asked = Ask(Principal(by, aurora), aurora, model, said, system, agent)
        return list(answer(asked))

    return ask


def words(told):
    return "".join(event["text"] for event in told if event["type"] == "text")


@pytest.mark.parametrize(
    "speaker", [CHAT, MESSAGES, RESPONSES, GEMINI], ids=lambda speaker: speaker.format
)
def test_the_answer_is_read_whatever_the_provider_speaks(ask, speaking, upstream, speaker):
    made = speaking(speaker)
    upstream.next.append(speaker.flow(speaker.preamble, speaker.words, speaker.end))

    told = ask()

    assert [event["type"] for event in told] == ["begun", "text", "ended"]
    assert words(told) == "Hello"
    ended = told[-1]
    assert (ended["provider"], ended["attempts"]) == (made.name, 1)
    assert (ended["inputTokens"], ended["outputTokens"]) == (7, 3)


def test_the_line_of_the_ledger_names_the_person_and_the_use(ask, provider, upstream, person):
    upstream.next.append(up.stream("Hel", "lo", usage=up.USAGE))

    told = ask()

    row = UsageRecord.objects.get()
    assert row.public_id == told[0]["requestId"]
    assert (row.user_public_id, row.key_public_id) == (person.public_id, "")
    assert row.kind_of_use == KindOfUse.PLAYGROUND
    assert words(told) == "Hello"


def test_the_history_and_the_system_prompt_go_along(ask, provider, upstream):
    said = (Said(Who.USER, "One"), Said(Who.ASSISTANT, "Two"), Said(Who.USER, "Three"))

    ask(said=said, system="Be short.")

    assert upstream.seen[0].json["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "Three"},
    ]


def test_no_pass_goes_to_the_provider(ask, provider, upstream):
    ask()

    assert passes.PREFIX not in str(upstream.seen[0].headers)


def test_an_agents_route_decides_where_one_speaks_as_it(ask, provider, fallback, spare, aurora):
    agent, _ = factories.make_agent(
        aurora, routing="pinned", pinned_model=fallback.default_model, name="Scout"
    )

    told = ask(agent=agent)

    assert told[-1]["provider"] == fallback.name
    row = UsageRecord.objects.get()
    assert (row.agent_public_id, row.kind_of_use) == (agent.public_id, KindOfUse.PLAYGROUND)


def test_an_agent_that_somebody_speaks_as_has_not_come_itself(ask, gateway, provider, aurora):
    agent, token = factories.make_agent(aurora)

    ask(agent=agent)
    gateway.settle()
    assert Agent.objects.get().last_seen_at is None

    gateway.chat(token)
    gateway.settle()
    assert Agent.objects.get().last_seen_at is not None


def test_a_viewer_may_ask_but_not_as_an_agent(ask, provider, aurora):
    viewer = factories.make_member(aurora, Role.VIEWER)
    agent, _ = factories.make_agent(aurora)

    assert ask(by=viewer)[-1]["type"] == "ended"
    with pytest.raises(type(agent).DoesNotExist):
        ask(by=viewer, agent=agent)


def test_a_fallback_counts_its_attempts(ask, provider, fallback, upstream):
    upstream.next.append(up.answer({}, status=503))

    told = ask()

    assert (told[0]["attempts"], told[-1]["provider"]) == (2, fallback.name)


def test_what_the_gateway_refuses_is_told_in_its_words(ask, provider):
    told = ask("nothing-of-the-kind")

    assert [event["type"] for event in told] == ["failed"]
    assert "nothing-of-the-kind" in told[0]["message"]
    assert told[0]["status"] == 404


def test_a_limit_of_the_project_holds_here_too(ask, provider, aurora):
    tight = factories.make_limit(aurora, measure="usd_per_day", amount=5, name="Tight")
    with transaction.atomic():
        window = window_of(tight.rule, timezone.now())
        window.spent = window.amount
        window.save()

    told = ask()

    assert [event["type"] for event in told] == ["failed"]
    assert (told[0]["status"], "Tight" in told[0]["message"]) == (429, True)


def test_a_stream_that_breaks_says_so_behind_what_has_come(ask, provider, upstream):
    upstream.next.append(up.stream("Hel", ends=False))

    told = ask()

    assert [event["type"] for event in told] == ["begun", "text", "failed", "ended"]
    assert "before its answer was complete" in told[2]["message"]


def test_a_gateway_that_is_away_is_named(settings, ask, provider):
    settings.GATEWAY_INSIDE_URL = "http://127.0.0.1:9"

    told = ask()

    assert [event["type"] for event in told] == ["failed"]
    assert "127.0.0.1:9" in told[0]["message"]


def test_only_so_many_answers_are_streamed_at_once(ask, provider, monkeypatch):
    monkeypatch.setattr(playground, "_under_way", playground.BoundedSemaphore(1))
    asked = iter(answer(Ask(Principal(None, None), None, "default", HELLO)))
    with playground._under_way:
        assert next(asked)["message"].startswith("Several answers")

    assert ask()[-1]["type"] == "ended"


@pytest.mark.parametrize("change", ["suspend", "archive", "leave"])
def test_a_pass_gives_nothing_that_its_holder_has_lost(gateway, provider, aurora, person, change):
    token = passes.issue(passes.Pass(person.public_id, aurora.public_id, KindOfUse.PLAYGROUND))
    assert gateway.chat(token).status == 200

    if change == "suspend":
        person.suspend(by=factories.make_staff())
    elif change == "archive":
        aurora.archive(by=None)
    else:
        aurora.memberships.get(user=person).remove(by=factories.make_staff())
    gateway.notice()

    assert gateway.chat(token).status == 401


def test_a_pass_that_was_written_by_somebody_else_opens_nothing(gateway, provider, aurora, person):
    token = passes.issue(passes.Pass(person.public_id, aurora.public_id, KindOfUse.PLAYGROUND))

    assert gateway.chat(token[:-2] + "xx").status == 401
    assert gateway.chat(token.replace("axp_W", "axp_X")).status == 401


def test_a_pass_is_over_after_two_minutes(gateway, provider, aurora, person, monkeypatch):
    written_at = time.time() - passes.GOOD_FOR_S - 1
    with monkeypatch.context() as then:
        then.setattr(passes.time, "time", lambda: written_at)
        held = passes.Pass(person.public_id, aurora.public_id, KindOfUse.PLAYGROUND)
        token = passes.issue(held)

    assert gateway.chat(token).status == 401


def test_a_model_that_is_named_is_asked_in_its_own_format(ask, speaking, upstream):
    made = speaking(MESSAGES)
    upstream.next.append(MESSAGES.flow(MESSAGES.preamble, MESSAGES.words, MESSAGES.end))

    assert words(ask(f"{made.slug}/{made.default_model.upstream_id}")) == "Hello"
