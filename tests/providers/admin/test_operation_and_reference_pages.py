"""Operations, the catalog and the rules of egress."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from providers.models import EgressRule, Operation
from tests.factories import make_catalog_entry, make_project, make_provider
from tests.providers.admin.addresses import text_of

pytestmark = pytest.mark.django_db

OPERATIONS = "admin:providers_operation_changelist"
CATALOG = "admin:providers_catalogentry_changelist"
RULES = "admin:providers_egressrule_changelist"


def start(project, by):
    model = make_provider(project, name="Main", models=("m1",)).models.get()
    return Operation.start(Operation.Verb.TEST_MODEL, model, by=by)


def test_operations_tell_what_by_whom_and_how_it_went(browse, editor, project):
    operation = start(project, editor)
    operation.result = {"ok": False}
    operation.finish(Operation.State.SUCCEEDED, message="It refused the key.")

    said = text_of(browse(editor).get(reverse(OPERATIONS)))

    for words in ("Test connection: m1 at Main", "error", "It refused the key.", editor.email):
        assert words in said


def test_an_operation_has_a_page_that_nobody_edits(browse, owner, project):
    operation = start(project, owner)
    where = reverse("admin:providers_operation_change", args=[operation.public_id])

    answer = browse(owner).get(where)

    assert "queued" in text_of(answer)
    assert answer.content.decode().count('method="post"') == answer.content.decode().count(
        'action="/admin/logout/"'
    )


def test_operations_of_other_projects_are_not_listed(browse, editor, stranger):
    start(stranger.memberships.get().project, stranger)

    assert "0 operations" in text_of(browse(editor).get(reverse(OPERATIONS)))


@pytest.mark.parametrize("page", [OPERATIONS, CATALOG, RULES])
def test_these_lists_cost_the_same_with_many(browse, staff, project, queries_of, page):
    browser = browse(staff)

    def grow():
        start(make_project(), staff)
        make_catalog_entry(f"model-{EgressRule.objects.count()}")
        EgressRule.objects.create(target="10.0.0.0/8", reason="Rack", project=project)

    grow()
    before = queries_of(browser, reverse(page))
    for _ in range(5):
        grow()

    assert queries_of(browser, reverse(page)) == before


def test_the_catalog_is_there_to_read(browse, staff):
    entry = make_catalog_entry("gpt-a", input_price="2.5", context_window=128_000)
    browser = browse(staff)

    said = text_of(browser.get(reverse(CATALOG)))
    changed = browser.post(
        reverse("admin:providers_catalogentry_change", args=[entry.name_in_addresses]), {}
    )

    assert "gpt-a" in said
    assert "$2.50 / —" in said
    assert "128K" in said
    assert "as of 2026-11-20" in said
    assert changed.status_code in {403, 404}


def test_staff_let_an_address_through_and_it_is_recorded(browse, staff, project):
    posted = {"target": "10.4.0.0/24", "port": "", "reason": "GPU boxes", "project": ""}

    browse(staff).post(reverse("admin:providers_egressrule_add"), posted)

    rule = EgressRule.objects.get()
    assert (rule.target, rule.port, rule.project) == ("10.4.0.0/24", None, None)
    assert AuditEvent.objects.filter(action="egress:CreateEgressRule").exists()


def test_a_rule_that_can_not_be_one_is_refused_at_its_field(browse, staff):
    posted = {"target": "http://10.0.0.1/", "port": "", "reason": "x", "project": ""}

    answer = browse(staff).post(reverse("admin:providers_egressrule_add"), posted)

    assert answer.context["adminform"].form.errors["target"]
    assert not EgressRule.objects.exists()
