"""The list of providers: two levels, states in words, searched and narrowed."""

import pytest
from django.utils import timezone

from accounts.grants import grant
from providers.models import Operation, Provider, Status
from tests.factories import make_project, make_provider
from tests.providers.admin.addresses import provider_url, text_of

pytestmark = pytest.mark.django_db

LIST = "changelist"
MOST_QUERIES = 20


def listed(browser, **asked):
    answer = browser.get(provider_url(LIST), asked)
    assert answer.status_code == 200
    return answer


def test_providers_stand_in_the_alphabet_whatever_their_case(browse, editor, project):
    for name in ("zeta", "Alpha", "beta"):
        make_provider(project, name=name)

    rows = listed(browse(editor)).context["rows"]

    assert [row.provider.name for row in rows] == ["Alpha", "beta", "zeta"]


def test_enabled_models_stand_below_their_provider_in_the_forms_order(browse, editor, project):
    provider = make_provider(project, models=("second", "hidden", "first"))
    provider.models.filter(upstream_id="hidden").update(status=Status.DISABLED)
    provider.models.filter(upstream_id="first").update(position=0)
    provider.models.filter(upstream_id="second").update(position=1)

    (row,) = listed(browse(editor)).context["rows"]

    assert [model.model.upstream_id for model in row.models] == ["first", "second"]


def test_active_and_fallback_models_wear_a_badge(browse, editor, project, activate):
    provider = make_provider(project, models=("main", "spare", "other"))
    routing = activate(provider.models.get(upstream_id="main"))
    routing.set_fallback(provider.models.get(upstream_id="spare"))

    (row,) = listed(browse(editor)).context["rows"]

    assert [(model.is_active, model.is_fallback) for model in row.models] == [
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ((None, None), "—"),
        ((0, 0), "Free"),
        ((2.5, 15), "$2.50 / $15.00"),
        ((0.13, None), "$0.13 / —"),
        ((0, 1), "Free / $1.00"),
    ],
)
def test_an_unknown_price_is_never_shown_as_free(browse, editor, project, prices, words):
    provider = make_provider(project)
    provider.models.update(input_price=prices[0], output_price=prices[1])

    said = text_of(listed(browse(editor)))

    assert words in said


def test_the_health_says_why_and_since_when(browse, editor, project):
    since = timezone.now() - timezone.timedelta(minutes=12)
    make_provider(project, health="degraded", health_reason="6.2 s", health_since=since)

    answer = listed(browse(editor))

    assert "· degraded for 12 minutes: 6.2 s" in text_of(answer)
    assert 'title="Degraded: 6.2 s Since' in answer.content.decode()


def test_a_viewer_is_not_offered_to_add(browse, viewer, project):
    answer = listed(browse(viewer))

    assert provider_url("add") not in answer.content.decode()


def test_an_empty_list_explains_and_offers_the_first_step(browse, editor):
    answer = listed(browse(editor))

    assert "No providers yet." in text_of(answer)
    assert answer.content.decode().count(f'href="{provider_url("add")}"') == 2


def test_the_list_is_searched_by_name(browse, editor, project):
    make_provider(project, name="Left")
    make_provider(project, name="Right")

    rows = listed(browse(editor), q="lef").context["rows"]

    assert [row.provider.name for row in rows] == ["Left"]


def test_the_list_is_narrowed_by_kind_and_status(browse, editor, project):
    make_provider(project, name="A", kind="groq")
    make_provider(project, name="B", kind="openai", status=Status.DISABLED)
    browser = browse(editor)

    by_kind = listed(browser, kind="groq").context["rows"]
    by_status = listed(browser, status="disabled").context["rows"]

    assert [row.provider.name for row in by_kind] == ["A"]
    assert [row.provider.name for row in by_status] == ["B"]


def test_only_kinds_that_are_there_are_offered_to_narrow_by(browse, editor, project):
    make_provider(project, kind="groq")
    make_provider(make_project(), kind="mistral")

    answer = listed(browse(editor))

    by_kind, _by_status = answer.context["filters"]
    assert by_kind.lookup_choices == [("groq", "Groq")]


def test_nothing_found_is_not_the_same_as_nothing_there(browse, editor, project):
    make_provider(project)

    said = text_of(listed(browse(editor), q="no such name"))

    assert "No provider matches." in said
    assert "No providers yet" not in said


def test_a_test_that_runs_is_still_running_after_a_reload(browse, editor, project):
    model = make_provider(project).models.get()
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)

    answer = listed(browse(editor))

    said = answer.content.decode()
    assert "Testing…" in said
    assert f'data-follows="{operation.public_id}"' in said


def test_a_strangers_providers_are_not_in_the_list(browse, editor, stranger, project):
    make_provider(project, name="Ours")
    make_provider(stranger.memberships.get().project, name="Theirs")

    said = text_of(listed(browse(editor)))

    assert "Ours" in said
    assert "Theirs" not in said


def test_a_shared_provider_is_listed_and_says_so(browse, editor, project):
    Provider.objects.create(project=None, name="For all", kind="openai")

    said = text_of(listed(browse(editor)))

    assert "For all openai shared active" in said


def test_staff_see_the_providers_of_all_projects_at_once(browse, staff, project):
    make_provider(project, name="One")
    make_provider(make_project("Boreal"), name="Two")
    browser = browse(staff)

    said = text_of(listed(browser, project="all"))

    assert "One" in said
    assert "· Boreal" in said


@pytest.mark.parametrize("reader", ["viewer", "editor", "owner", "staff", "stranger"])
def test_the_list_costs_the_same_with_one_provider_and_with_many(
    request, browse, reader, project, queries_of, activate
):
    reader, stranger = (request.getfixturevalue(name) for name in (reader, "stranger"))
    where = f"{provider_url(LIST)}?project=all"
    first = make_provider(project, models=("m1", "m2"))
    activate(first.models.first())
    grant(stranger, "view", first)
    browser = browse(reader)
    before = queries_of(browser, where)

    for number in range(8):
        provider = make_provider(project, models=tuple(f"m{number}-{index}" for index in range(5)))
        Operation.start(Operation.Verb.TEST_MODEL, provider.models.first(), by=reader)
        grant(stranger, "view", provider)
    Provider.objects.create(project=None, name="For all", kind="openai")

    assert queries_of(browser, where) == before
    assert before <= MOST_QUERIES


def test_a_row_names_type_status_and_base_url(browse, editor, project):
    make_provider(project, name="Main", kind="openai")
    make_provider(project, name="Old", kind="ollama", status=Status.DISABLED)

    said = text_of(listed(browse(editor)))

    assert "Main openai active OpenAI · api.openai.com/v1" in said
    assert "Old ollama disabled Ollama · http://localhost:11434" in said


def test_cost_and_test_status_stand_at_models_alone(browse, editor, project):
    make_provider(project, models=())

    said = listed(browse(editor)).content.decode()

    assert "ax-cost" not in said.partition("<tbody")[2]
    assert "Untested" not in said


def test_a_row_opens_the_form_for_whoever_may_edit_and_else_the_page(
    browse, editor, viewer, project
):
    provider = make_provider(project)

    of_editor = listed(browse(editor)).context["rows"][0]
    of_viewer = listed(browse(viewer)).context["rows"][0]

    assert (of_editor.edit_url, of_editor.opens_dialog) == (provider_url("change", provider), True)
    assert (of_viewer.edit_url, of_viewer.opens_dialog) == (provider_url("detail", provider), False)


def test_only_those_who_may_do_something_with_rows_can_tick_them(browse, editor, viewer, project):
    make_provider(project)

    assert 'name="ticked"' in listed(browse(editor)).content.decode()
    assert 'name="ticked"' not in listed(browse(viewer)).content.decode()


def test_a_page_that_is_out_of_date_is_asked_for_its_menus_not_trusted(browse, editor, project):
    make_provider(project, models=("m1",))

    said = listed(browse(editor)).content.decode()

    assert 'role="menuitem"' not in said.partition('id="provider-list"')[2]


def test_a_name_is_written_as_text(browse, editor, project):
    make_provider(project, name="<script>alert(1)</script>", models=("<b>m</b>",))

    said = listed(browse(editor)).content.decode()

    assert "<script>alert" not in said
    assert "<b>m</b>" not in said
