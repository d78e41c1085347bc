"""What a name leads to, by the pure rules: no database, no process."""

from random import Random

import pytest

from gateway.refusals import BadRequest, NoSuchModel, NotAllowed
from gateway.routes import By, Obstacle, Route
from gateway.routing import Choosing, candidates
from gateway.snapshots.tables import Backend, Facade, Table
from tests.gateway.choices import ANYBODY, CHAT, PATHS, choose, explain, facade
from tests.gateway.tables import Somebody, make_table, make_target, table_of


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("", ["openai/gpt", "groq/llama"]),
        ("default", ["openai/gpt", "groq/llama"]),
        ("axiom/default", ["openai/gpt", "groq/llama"]),
        ("task", ["openai/mini", "openai/gpt", "groq/llama"]),
        ("openai/mini", ["openai/mini"]),
        ("aip_groq/llama", ["groq/llama"]),
        ("apm_groq_llama", ["groq/llama"]),
        ("mini", ["openai/mini"]),
        ("gpt", ["openai/gpt"]),
        ("openai/gpt", ["openai/gpt"]),  # a provider's model comes before a bare id that reads so
        ("router/openai/gpt", ["router/openai/gpt"]),
    ],
)
def test_a_name_leads_to_its_candidates_in_order(name, found):
    table = make_table(*PATHS, active="openai/gpt", fallback="groq/llama", task="openai/mini")

    assert choose(table, name) == found


@pytest.mark.parametrize("name", ["default", "", "task"])
def test_while_falling_back_the_fallback_comes_first(name):
    table = make_table(*PATHS, active="openai/gpt", fallback="groq/llama", is_falling_back=True)

    assert choose(table, name) == ["groq/llama", "openai/gpt"]


def test_the_task_model_is_the_default_where_none_is_set():
    table = make_table(*PATHS, active="openai/gpt", fallback="groq/llama")

    assert choose(table, "task") == ["openai/gpt", "groq/llama"]


def test_a_task_model_that_is_active_too_is_tried_once():
    table = make_table(*PATHS, active="openai/gpt", fallback="groq/llama", task="groq/llama")

    assert choose(table, "task") == ["groq/llama", "openai/gpt"]


# Who asks: agents with a pin or a facade, agents that inherit, and everybody else.


@pytest.mark.parametrize("name", ["default", "groq/llama", "gpt", "no-such-model", "task", ""])
@pytest.mark.parametrize(
    ("route", "found"),
    [
        (Route(By.PIN, "apm_openai_mini"), ["openai/mini"]),
        (Route(By.FACADE, "mdl_smart"), ["groq/llama", "openai/mini"]),
        (Route(By.DEFAULT), ["openai/gpt", "groq/llama"]),
    ],
)
def test_an_agents_route_counts_whatever_its_request_names(route, found, name):
    targets = {path: make_target(path) for path in PATHS}
    smart = facade(
        "smart", Backend(targets["openai/mini"], priority=2), Backend(targets["groq/llama"])
    )
    table = table_of(targets.values(), "openai/gpt", "groq/llama", facades=[smart])

    assert choose(table, name, Somebody(route=route)) == found


@pytest.mark.parametrize(
    "route", [Route(By.PIN, "apm_gone"), Route(By.FACADE, "mdl_gone")], ids=["pin", "facade"]
)
def test_an_agent_whose_target_is_gone_is_told_so(route):
    table = make_table(*PATHS, active="openai/gpt")

    with pytest.raises(NoSuchModel, match="disabled or gone"):
        choose(table, "default", Somebody(route=route))


def test_a_provider_serves_only_the_agents_that_it_lists():
    mine = make_target("mine/model", agent_types=frozenset({"cline"}))
    table = Table.of([mine])

    assert choose(table, "mine/model", Somebody(agent_type="cline")) == ["mine/model"]
    assert choose(table, "mine/model") == ["mine/model"]  # a key is no agent
    with pytest.raises(NotAllowed, match="does not serve agents of this type"):
        choose(table, "mine/model", Somebody(agent_type="opencode"))


# Facades.


def test_a_facade_is_tried_by_priority_and_within_one_by_weight():
    first, light, heavy = (make_target(path) for path in ("a/first", "b/light", "c/heavy"))
    smart = facade("smart", Backend(light, 2, 1), Backend(heavy, 2, 9), Backend(first, 1, 1))
    table = Table.of([first, light, heavy], facades=[smart])

    assert choose(table, "smart") == ["a/first", "c/heavy", "b/light"]
    assert choose(table, "mdl_smart") == ["a/first", "c/heavy", "b/light"]


def test_weights_share_what_comes():
    light, heavy = make_target("b/light"), make_target("c/heavy")
    smart = facade("smart", Backend(light, weight=1), Backend(heavy, weight=3))
    table = Table.of([light, heavy], facades=[smart])

    choosing = Choosing(draw=Random(7).random)  # noqa: S311 - luck that repeats
    firsts = [candidates(table, "smart", ANYBODY, CHAT, choosing)[0].name for _ in range(400)]

    assert 200 < firsts.count("c/heavy") < 380  # three of four, far from any luck


def test_a_facade_comes_before_a_bare_id_that_reads_so():
    target, other = make_target("openai/gpt"), make_target("groq/smart")
    table = Table.of([target, other], facades=[facade("smart", Backend(target))])

    assert choose(table, "smart") == ["openai/gpt"]


def test_a_projects_own_facade_comes_before_a_shared_one():
    own, shared = make_target("own/model"), make_target("shared/model")
    both = [facade("smart", Backend(own)), Facade("mdl_shared", "smart", (Backend(shared),))]
    table = Table.of([own, shared], facades=both)

    assert choose(table, "smart") == ["own/model"]
    assert choose(table, "mdl_shared") == ["shared/model"]


def test_a_facade_without_a_grant_is_refused_and_not_suggested():
    target = make_target("openai/gpt")
    table = Table.of([target], facades=[facade("smart", Backend(target))])
    stranger = Somebody(granted=frozenset())

    with pytest.raises(NotAllowed, match="smart"):
        choose(table, "smart", stranger)
    with pytest.raises(NoSuchModel) as refusal:
        choose(table, "smrt", stranger)
    assert "smart" not in refusal.value.message


def test_access_is_checked_on_what_a_facade_resolves_to():
    mine, other = make_target("mine/model"), make_target("other/model")
    table = Table.of([mine, other], facades=[facade("smart", Backend(other), Backend(mine))])

    assert choose(table, "smart", Somebody(frozenset({"mine/model"}))) == ["mine/model"]


def test_a_facade_that_has_lost_its_backends_says_so():
    table = Table.of([], facades=[facade("smart")])

    with pytest.raises(NoSuchModel, match="no backend"):
        choose(table, "smart")


def test_a_disabled_backend_is_left_out_and_told_of():
    gone, here = make_target("a/gone", is_enabled=False), make_target("b/here")
    table = Table.of([here], facades=[facade("smart", Backend(gone), Backend(here))])

    told = explain(table, "smart")

    assert [target.name for target in told.candidates] == ["b/here"]
    assert [one.obstacle for one in told.considered] == [Obstacle.DISABLED, None]


# Names that lead to several, or nowhere.


def test_a_bare_id_on_several_providers_names_them_all():
    with pytest.raises(BadRequest, match=r"groq/llama, router/llama") as refusal:
        choose(make_table(*PATHS), "llama")

    assert refusal.value.param == "model"


def test_a_bare_id_is_clear_where_the_token_may_call_only_one_of_them():
    assert choose(make_table(*PATHS), "llama", Somebody(frozenset({"groq/llama"}))) == [
        "groq/llama"
    ]


def test_what_a_bare_id_means_does_not_change_with_a_providers_health():
    table = Table.of([make_target("groq/llama", is_down=True), make_target("router/llama")])

    with pytest.raises(BadRequest, match="Several providers"):
        choose(table, "llama")


def test_providers_whose_names_read_alike_are_told_apart_by_id():
    twins = (make_target("my-ai/gpt"), make_target("my-ai/gpt"))

    with pytest.raises(BadRequest, match="aip_my-ai/gpt"):
        choose(Table.of(twins), "my-ai/gpt")


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("openai/gtp", "openai/gpt"),
        ("lama", "groq/llama"),
        ("OPENAI/MINI", "openai/mini"),
        ("smarrt", "smart"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest(name, closest):
    table = make_table(*PATHS, facades=[facade("smart")])

    with pytest.raises(NoSuchModel, match=f"Did you mean {closest}"):
        choose(table, name)


def test_a_name_like_no_other_is_pointed_to_the_list():
    with pytest.raises(NoSuchModel, match="GET /v1/models"):
        choose(make_table(*PATHS), "zzzzzz")


NOBODY = Somebody(frozenset())


def test_what_a_token_may_not_call_is_never_suggested():
    with pytest.raises(NoSuchModel) as refusal:
        choose(make_table(*PATHS), "openai/gtp", NOBODY)

    assert "openai/gpt" not in refusal.value.message


def test_a_model_that_the_token_may_not_call_is_refused_by_name():
    with pytest.raises(NotAllowed, match="openai/gpt"):
        choose(make_table(*PATHS), "openai/gpt", NOBODY)


def test_the_default_goes_on_to_what_the_token_may_call():
    table = make_table(*PATHS, active="openai/gpt", fallback="groq/llama")

    assert choose(table, "default", Somebody(frozenset({"groq/llama"}))) == ["groq/llama"]


def test_without_an_active_model_the_default_says_what_to_do():
    with pytest.raises(NoSuchModel, match="Make one active"):
        choose(make_table(*PATHS), "default")
