"""What staff look after: egress with its tester, the catalog's sync, encryption, expiries."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, KeyEncryptionKey
from foundation.crypto import RootKey, RootKeyRing, new_key
from providers import tasks
from providers.models import CatalogEntry, EgressRule, Operation
from providers.services import catalog
from tests.factories import make_project, make_provider, make_secret

pytestmark = pytest.mark.django_db

TESTER = "/admin/providers/egressrule/tester/"
SYNC = "/admin/providers/catalogentry/sync/"
ENCRYPTION = "/admin/accounts/keyencryptionkey/"
FOR_STAFF = (TESTER, SYNC, ENCRYPTION)


def expiry(secret):
    return reverse("admin:providers_secret_expiry", args=[secret.public_id])


@pytest.mark.parametrize("page", FOR_STAFF)
def test_nobody_but_staff_opens_them(browse, owner, stranger, staff, project, page):
    assert browse(staff).get(page).status_code == 200
    for person in (owner, stranger):
        assert browse(person).get(page).status_code in {403, 404}
        assert browse(person).post(page).status_code in {403, 404}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://93.184.216.34/v1", "would be called at"),
        ("http://10.1.2.3:8000/v1", "Refused."),
        ("http://169.254.169.254/", "metadata service"),
        ("ftp://example.com", "Only http and https"),
        ("http://[::ffff:10.0.0.1]/", "Refused."),
    ],
)
def test_the_tester_says_address_and_verdict(browse, staff, url, words):
    answer = browse(staff).post(TESTER, {"url": url, "project": ""})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert f'value="{url}"' in answer.content.decode()


def test_a_projects_rule_counts_for_that_project_alone(browse, staff, project):
    EgressRule.objects.create(target="10.1.2.0/24", port=8000, project=project, reason="GPU box")
    browser, url = browse(staff), "http://10.1.2.3:8000/"

    with_rule = browser.post(TESTER, {"url": url, "project": project.public_id})
    without = browser.post(TESTER, {"url": url, "project": make_project().public_id})

    assert "Allowed." in with_rule.content.decode()
    assert "Refused." in without.content.decode()


def test_the_rules_of_the_instance_are_listed_whichever_project_is_chosen(browse, staff, project):
    EgressRule.objects.create(target="10.1.0.0/16", reason="everybody's GPU boxes")
    EgressRule.objects.create(target="10.2.0.0/16", project=project, reason="its own")
    EgressRule.objects.create(target="10.3.0.0/16", project=make_project(), reason="another's")
    where = f"/admin/providers/egressrule/?project={project.public_id}"

    listed = browse(staff).get(where).content.decode()

    assert [f"10.{part}.0.0/16" in listed for part in (1, 2, 3)] == [True, True, False]


def test_reading_the_tester_looks_nothing_up(browse, staff, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_options: pytest.fail("looked up"))

    assert browse(staff).get(f"{TESTER}?url=http://example.com").status_code == 200


def test_an_empty_url_is_said_at_its_field(browse, staff):
    answer = browse(staff).post(TESTER, {"url": ""})

    assert answer.status_code == 422
    assert 'id="id_url_error"' in answer.content.decode()


def test_the_sync_shows_what_it_would_change_and_a_worker_does_it(browse, staff, monkeypatch):
    catalog.load_builtin()
    changed = CatalogEntry.objects.filter(provider_kind="openai").first()
    CatalogEntry.objects.filter(pk=changed.pk).update(context_window=1, version="2025-01-01")
    queued = []
    monkeypatch.setattr(tasks.sync_catalog, "apply_async", lambda *, kwargs: queued.append(kwargs))
    browser = browse(staff)

    before = browser.get(SYNC).content.decode()
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act: act())
    browser.post(SYNC)
    browser.post(SYNC)
    running = browser.get(SYNC).content.decode()
    tasks.sync_catalog.apply(kwargs=queued[0])
    after = browser.get(SYNC).content.decode()

    assert changed.model_id in before
    assert "context window" in before
    assert "Syncing…" in running
    assert len(queued) == 1
    operation = Operation.objects.get()
    assert (operation.state, operation.message) == ("succeeded", "1 changed.")
    assert "Nothing to change." in after
    assert AuditEvent.objects.get(action="catalog:SyncCatalog").actor_name == staff.email


def test_work_for_the_whole_instance_is_listed_for_staff_alone(browse, staff, owner, project):
    Operation.start_sync("2026-11-20", by=staff)
    where = f"/admin/providers/operation/?project={project.public_id}"

    assert "Catalog 2026-11-20" in browse(staff).get(where).content.decode()
    assert "Catalog 2026-11-20" not in browse(owner).get(where).content.decode()


def test_encryption_shows_keys_by_fingerprint_and_what_is_closed(browse, staff, project, settings):
    make_secret(project, name="Lost one")
    before = browse(staff).get(ENCRYPTION).content.decode()
    old = settings.ROOT_KEYS.primary

    settings.ROOT_KEYS = RootKeyRing((RootKey(new_key()),))
    after = browse(staff).get(ENCRYPTION).content.decode()

    assert "Every secret opens." in before
    assert old.fingerprint in before
    assert "not given" in after
    assert "Lost one" in after
    assert settings.ROOT_KEYS.primary.fingerprint in after
    assert KeyEncryptionKey.objects.get(project=project).version == 1


def test_encryption_costs_the_same_with_many_projects(
    browse, staff, project, django_assert_max_num_queries
):
    browser = browse(staff)
    for _ in range(6):
        make_secret()

    browser.get(ENCRYPTION)
    with django_assert_max_num_queries(16):
        browser.get(ENCRYPTION)


def test_an_expiry_is_set_and_says_what_stops(browse, editor, project):
    secret = make_secret(project)
    make_provider(project, name="Paid one", secret=secret)
    browser = browse(editor)

    asked = browser.get(expiry(secret)).content.decode()
    browser.post(expiry(secret), {"expires_on": "2030-01-02"})

    secret.refresh_from_db()
    assert "Paid one can&#x27;t be called" in asked
    assert secret.expires_at.isoformat() == "2030-01-02T23:59:59.999999+00:00"
    assert "2030-01-02" in browser.get(expiry(secret)).content.decode()
    assert AuditEvent.objects.get(action="secrets:UpdateSecret").after["expiresAt"]

    browser.post(expiry(secret), {"expires_on": ""})
    secret.refresh_from_db()
    assert secret.expires_at is None


def test_an_expiry_that_is_no_day_is_said_at_its_field(browse, editor, project):
    secret = make_secret(project)

    answer = browse(editor).post(expiry(secret), {"expires_on": "soon"})

    assert answer.status_code == 422
    assert 'id="id_expires_on_error"' in answer.content.decode()


def test_an_expiry_is_walled(browse, viewer, stranger, project):
    secret = make_secret(project)

    for send in ("get", "post"):
        assert getattr(browse(stranger), send)(expiry(secret)).status_code == 404
        assert getattr(browse(viewer), send)(expiry(secret)).status_code == 403
