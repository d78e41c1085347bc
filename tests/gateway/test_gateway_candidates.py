"""What a target has to be to be a candidate, by the pure rules: no database, no process."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.refusals import BadRequest, NotAllowed, RequestTooLong
from gateway.routes import By, Need, Obstacle, Route
from gateway.routing import Choosing, candidates, explained, reachable
from gateway.snapshots.tables import Backend, Table
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Format
from tests.gateway.choices import ANYBODY, CHAT, PATHS, choose, explain, facade, opened
from tests.gateway.tables import Somebody, make_table, make_target, table_of


def test_a_kind_that_does_not_speak_the_format_names_what_it_speaks():
    table = Table.of([make_target("claude/opus", kind="anthropic")])

    with pytest.raises(BadRequest, match=r"Anthropic.*chat.*speaks: messages"):
        choose(table, "claude/opus")


def test_what_can_not_be_called_says_why():
    undone = replace(KINDS["openai"], unavailable_reason="Its login comes later.")
    table = Table.of([replace(make_target("mine/model"), kind=undone, formats=frozenset())])

    with pytest.raises(BadRequest, match="mine/model can't be called") as refusal:
        choose(table, "mine/model")

    assert "Its login comes later." in refusal.value.message


def test_terms_that_nobody_has_accepted_are_in_the_way():
    table = Table.of([make_target("mine/model", lacks_terms=True)])

    with pytest.raises(NotAllowed, match="terms"):
        choose(table, "mine/model")


@pytest.mark.parametrize(
    ("window", "tokens", "found"),
    [
        (None, 5_000, ["small/model", "large/model"]),
        (5_000, 5_000, ["small/model", "large/model"]),
        (4_999, 5_000, ["large/model"]),
    ],
)
def test_a_request_goes_where_it_fits(window, tokens, found):
    small = make_target("small/model", context_window=window)
    table = table_of([small, make_target("large/model")], "small/model", "large/model")
    need = Need(Format.CHAT, 1_000_000, lambda: tokens)

    assert choose(table, "default", need=need) == found


def test_tokens_are_counted_only_where_they_may_be_too_many():
    def never():
        raise AssertionError("counted")

    table = Table.of([make_target("small/model", context_window=1_000)])

    assert choose(table, "small/model", need=Need(Format.CHAT, 1_000, never)) == ["small/model"]


def test_a_request_that_fits_nowhere_says_how_long_it_is():
    table = Table.of([make_target("small/model", context_window=4_000)])

    with pytest.raises(RequestTooLong, match=r"5,000 tokens.*takes 4,000"):
        choose(table, "small/model", need=Need(Format.CHAT, 9_000, lambda: 5_000))


@pytest.mark.parametrize(
    ("down", "is_open", "found"),
    [
        ("", "", ["a/m", "b/m", "c/m"]),
        ("a", "", ["b/m", "c/m"]),
        ("", "a", ["b/m", "c/m"]),
        ("a", "b", ["c/m"]),
        ("ab", "c", ["a/m"]),  # the last ones left are down: the first of them
        ("abc", "", ["a/m"]),
        ("", "abc", ["a/m"]),  # every breaker is open: the first is tried anyway
        ("a", "abc", ["b/m"]),
        ("abc", "abc", ["a/m"]),
        ("abc", "a", ["b/m"]),
    ],
)
def test_what_is_down_or_left_alone_is_passed_over_but_never_the_last(down, is_open, found):
    targets = [make_target(f"{name}/m", is_down=name in down) for name in "abc"]
    smart = facade("smart", *(Backend(one, place) for place, one in enumerate(targets)))
    table = Table.of(targets, facades=[smart])

    left_alone = opened(*(f"{slug}/m" for slug in is_open))
    assert choose(table, "smart", is_open=left_alone) == found


@pytest.mark.parametrize(
    ("missing", "down", "found"),
    [
        ("", "", ["a/m", "b/m", "c/m"]),
        ("a", "", ["b/m", "c/m"]),
        ("ab", "c", ["a/m"]),  # never the last that is left
        ("abc", "", ["a/m"]),
        ("a", "b", ["c/m"]),
    ],
)
def test_what_is_no_longer_on_its_server_is_passed_over_like_what_is_down(missing, down, found):
    targets = [
        make_target(f"{name}/m", is_missing=name in missing, is_down=name in down) for name in "abc"
    ]
    backends = (Backend(target, priority=place) for place, target in enumerate(targets))
    table = Table.of(targets, facades=[facade("any", *backends)])

    assert choose(table, "any") == found
    obstacles = {one.target.name: one.obstacle for one in explain(table, "any").considered}
    for name in missing:
        if f"{name}/m" not in found:
            assert obstacles[f"{name}/m"] is Obstacle.MISSING


def test_on_a_game_day_a_provider_is_down_until_it_ends_by_itself():
    targets = [make_target("a/m", dead_until=1_000.0), make_target("b/m")]
    table = table_of(targets, "a/m", "b/m")

    def choose_at(now):
        found = candidates(table, "default", ANYBODY, CHAT, Choosing(now=now))
        return [target.name for target in found]

    assert choose_at(999.0) == ["b/m"]
    assert choose_at(1_000.0) == ["a/m", "b/m"]


def test_the_explanation_has_a_word_for_each_that_was_considered():
    targets = [
        make_target("a/fine"),
        make_target("b/open"),
        make_target("c/down", is_down=True),
        make_target("d/speaks-otherwise", kind="anthropic"),
        make_target("e/small", context_window=10),
        make_target("f/forbidden"),
        make_target("g/off", is_enabled=False),
        make_target("h/terms", lacks_terms=True),
        make_target("i/others", agent_types=frozenset({"cline"})),
    ]
    smart = facade("smart", *(Backend(one, place) for place, one in enumerate(targets)))
    allowed = frozenset(target.name for target in targets) - {"f/forbidden"}
    who = Somebody(allowed, agent_type="opencode")

    told = explain(
        Table.of(targets, facades=[smart]),
        "smart",
        who,
        need=Need(Format.CHAT, 100, lambda: 100),
        is_open=opened("b/open"),
    )

    assert {one.target.name: one.obstacle for one in told.considered} == {
        "a/fine": None,
        "b/open": Obstacle.BREAKER_OPEN,
        "c/down": Obstacle.DOWN,
        "d/speaks-otherwise": Obstacle.FORMAT,
        "e/small": Obstacle.CONTEXT_WINDOW,
        "f/forbidden": Obstacle.NOT_ALLOWED,
        "g/off": Obstacle.DISABLED,
        "h/terms": Obstacle.TERMS,
        "i/others": Obstacle.AGENT_TYPE,
    }
    assert [target.name for target in told.candidates] == ["a/fine"]


def test_a_refusal_is_explained_and_not_raised():
    told = explain(make_table(*PATHS), "llama")

    assert told.candidates == ()
    assert isinstance(told.refusal, BadRequest)
    assert [one.target.name for one in told.considered] == ["groq/llama", "router/llama"]


def test_the_list_holds_what_the_token_may_reach_and_the_format_fits():
    table = Table.of([make_target("openai/gpt"), make_target("claude/opus", kind="anthropic")])

    found = reachable(table, ANYBODY, wanted=frozenset({Format.CHAT}))

    assert [target.name for target in found] == ["openai/gpt"]


NAMES = st.one_of(st.sampled_from([*PATHS, "default", "task", "", "gpt", "smart"]), st.text())
SOME = st.frozensets(st.sampled_from(PATHS))
ROUTES = st.sampled_from(
    [Route(), Route(By.DEFAULT), Route(By.PIN, "apm_groq_llama"), Route(By.FACADE, "mdl_smart")]
)


@st.composite
def tables(draw):
    down, small = draw(SOME), draw(SOME)
    targets = {
        path: make_target(path, is_down=path in down, context_window=10 if path in small else None)
        for path in draw(SOME)
    }
    backends = [
        Backend(t, draw(st.integers(1, 3)), draw(st.integers(1, 9))) for t in targets.values()
    ]
    choice = st.sampled_from(["", *PATHS])
    active, fallback = draw(choice), draw(choice)
    return table_of(
        targets.values(),
        active,
        "" if fallback == active else fallback,
        draw(choice),
        is_falling_back=draw(st.booleans()),
        facades=[facade("smart", *backends)] if backends else [],
    )


@given(tables(), NAMES, st.builds(Somebody, st.none() | SOME, route=ROUTES), SOME)
def test_candidates_are_allowed_distinct_never_none_and_explained_alike(table, name, who, is_open):
    need, choosing = Need(Format.CHAT, 100, lambda: 100), Choosing(opened(*is_open), lambda: 0.5)

    told = explained(table, name, who, need, choosing)
    if told.refusal is not None:
        with pytest.raises(type(told.refusal)) as refused:
            candidates(table, name, who, need, choosing)
        assert (told.candidates, refused.value.message) == ((), told.refusal.message)
        return
    found = candidates(table, name, who, need, choosing)

    assert found == told.candidates
    assert len(set(found)) == len(found) > 0
    assert all(who.may_call(one) and need.fits(one.context_window) for one in found)
    passed_over = [one.target for one in told.considered if one.target not in found]
    assert all(one.obstacle for one in told.considered if one.target in passed_over)
    if len(found) > 1:
        assert not any(one.is_down or one.name in is_open for one in found)
