"""Two people and one provider: nobody overwrites unseen, nobody loses what they typed."""

import re

import pytest

from accounts.models import AuditEvent
from providers.models import Provider, ProviderModel
from tests.factories import make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db

KEY = "sk-test-9876543210fedcba"


@pytest.fixture
def provider(project):
    secret = make_secret(project, values={"api_key": KEY})
    return make_provider(project, name="Main", models=("gpt-a", "gpt-b"), secret=secret)


@pytest.fixture
def opened(browse, editor, provider):
    """Open the edit form, and give what it would send."""
    said = browse(editor).get(provider_url("change", provider), headers=IN_DIALOG)
    return {
        "name": "Mine",
        "kind": "openai",
        "fields_of": "openai",
        "organization": "org-mine",
        "models.openai": ["gpt-a", "gpt-b"],
        "degraded_threshold_ms": "5000",
        "version": shown(said, "version"),
        "dialog": "1",
    }


def shown(answer, name):
    return re.search(f'name="{name}" value="([^"]*)"', answer.content.decode()).group(1)


def send(browser, provider, form):
    return browser.post(provider_url("change", provider), form, headers=HTMX)


def test_a_form_that_nobody_overtook_is_saved(browse, editor, provider, opened):
    answer = send(browse(editor), provider, opened)

    assert answer.status_code == 200
    assert Provider.objects.get().name == "Mine"


def test_who_is_slower_sees_what_is_stored_now_and_keeps_what_they_typed(
    browse, editor, provider, opened
):
    Provider.objects.update(name="Theirs", degraded_threshold_ms=900)

    answer = send(browse(editor), provider, opened)

    said = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody changed this provider while you were editing." in said
    assert "Name Theirs" in said
    assert "Degraded threshold 900 ms" in said
    assert 'value="org-mine"' in answer.content.decode()
    assert Provider.objects.get().name == "Theirs"


def test_saving_again_after_the_review_replaces_it(browse, editor, provider, opened):
    Provider.objects.update(name="Theirs")
    browser = browse(editor)
    reviewed = send(browser, provider, opened)

    answer = send(browser, provider, opened | {"version": shown(reviewed, "version")})

    assert answer.status_code == 200
    assert Provider.objects.get().name == "Mine"


def test_a_third_change_during_the_review_is_noticed_too(browse, editor, provider, opened):
    Provider.objects.update(name="Theirs")
    browser = browse(editor)
    version = shown(send(browser, provider, opened), "version")
    Provider.objects.update(name="Somebody else's")

    assert send(browser, provider, opened | {"version": version}).status_code == 409


def test_a_model_that_was_added_meanwhile_is_not_removed_unseen(browse, editor, provider, opened):
    ProviderModel.objects.create(provider=provider, upstream_id="gpt-c", position=2)

    answer = send(browse(editor), provider, opened)

    assert "Models gpt-a, gpt-b, gpt-c" in text_of(answer)
    assert provider.models.count() == 3


def test_an_error_of_ones_own_does_not_hide_who_was_faster(browse, editor, provider, opened):
    Provider.objects.update(name="Theirs")
    browser = browse(editor)
    wrong = send(browser, provider, opened | {"degraded_threshold_ms": "no"})

    again = send(browser, provider, opened | {"version": shown(wrong, "version")})

    assert (wrong.status_code, again.status_code) == (422, 409)


def test_a_provider_that_was_deleted_meanwhile_can_be_added_anew(browse, editor, provider, opened):
    provider.delete()
    browser = browse(editor)

    answer = send(browser, provider, opened | {"api_key": KEY})

    said = answer.content.decode()
    assert answer.status_code == 404
    assert answer.headers["HX-Retarget"] == "#provider-form"
    assert "This provider is no longer there." in said
    assert f'hx-post="{provider_url("add")}"' in said
    assert 'value="org-mine"' in said
    assert KEY not in said
    again = opened | {"api_key": KEY, "submission": shown(answer, "submission")}
    assert browser.post(provider_url("add"), again, headers=HTMX).status_code == 200
    assert Provider.objects.get().name == "Mine"


@pytest.mark.parametrize("button", ["_follow", "_fetch"])
def test_a_deleted_provider_is_told_whichever_part_of_the_form_asks(
    browse, editor, provider, opened, button
):
    provider.delete()

    answer = send(browse(editor), provider, opened | {button: "1"})

    assert "This provider is no longer there." in text_of(answer)


def test_a_stranger_learns_nothing_from_that_answer(browse, stranger, provider, opened):
    browser = browse(stranger)

    there = send(browser, provider, opened)
    provider.delete()
    gone = send(browser, provider, opened)

    plain = [
        re.sub(r'(submission|csrf\w*)" value="\w+"', "", text_of(one)) for one in (there, gone)
    ]
    assert (there.status_code, gone.status_code) == (404, 404)
    assert plain[0] == plain[1]
    assert "Main" not in plain[0]


def test_a_viewer_gets_the_plain_404_of_what_is_gone(browse, viewer, provider, opened):
    provider.delete()

    answer = send(browse(viewer), provider, opened)

    assert answer.status_code == 404
    assert "provider-form" not in answer.content.decode()


def new(**changes):
    return {
        "name": "New",
        "kind": "openai",
        "api_key": KEY,
        "degraded_threshold_ms": "5000",
        "submission": "0123456789abcdef0123456789abcdef",
    } | changes


def test_a_form_that_is_sent_twice_makes_one_provider_and_no_error(browse, editor, project):
    browser = browse(editor)

    answers = [browser.post(provider_url("add"), new(), headers=HTMX) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Provider.objects.count() == 1
    assert AuditEvent.objects.filter(action="aiProviders:CreateAiProvider").count() == 1


def test_two_people_who_add_one_name_get_one_provider_and_one_clear_error(
    browse, editor, admin, project
):
    browse(editor).post(provider_url("add"), new())

    answer = browse(admin).post(provider_url("add"), new(submission="f" * 32))

    errors = answer.context["form"].errors
    assert errors == {"name": ["This project already has a provider of that name."]}


def test_each_form_has_a_mark_of_its_own(browse, editor, project):
    browser = browse(editor)

    marks = {shown(browser.get(provider_url("add")), "submission") for _ in range(2)}

    assert len(marks) == 2
