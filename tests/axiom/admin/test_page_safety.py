"""What a browser lets a page do: no script in the page, no third party, errors that stay calm."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client

from accounts.admin.pages import Pages
from providers.models import EgressRule, Operation
from tests.factories import make_catalog_entry, make_provider, make_secret

pytestmark = pytest.mark.django_db

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE)
HANDLER = re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE)
KEYED = re.compile(r"""\b(?:href|action|hx-[a-z]+)=["'][^"']*(?:/\d+[/"']|(?:exact|project)=\d)""")
FOREIGN = re.compile(r"""\b(?:src|href|action)=["'](?:https?:)?//""", re.IGNORECASE)


@pytest.fixture
def pages(project, owner):
    provider = make_provider(project, models=("m1", "m2"), secret=make_secret(project))
    operation = Operation.start(Operation.Verb.TEST_MODEL, provider.models.first(), by=owner)
    model = provider.models.first().public_id
    rule = EgressRule.objects.create(target="10.4.0.0/24", reason="GPU boxes")
    make_catalog_entry("gpt-oss:120b/cloud_2")
    Group.objects.create(name="Data analysts")
    return (
        "/admin/dashboard/",
        "/admin/providers/provider/",
        "/admin/providers/provider/add/?kind=custom",
        f"/admin/providers/provider/{provider.public_id}/detail/",
        f"/admin/providers/provider/{provider.public_id}/change/",
        f"/admin/providers/provider/{provider.public_id}/delete/",
        f"/admin/providers/providermodel/{model}/change/",
        f"/admin/providers/providermodel/{model}/delete/",
        f"/admin/providers/providermodel/add/{provider.public_id}/",
        "/admin/providers/secret/",
        f"/admin/providers/secret/{provider.secret.public_id}/change/",
        f"/admin/providers/secret/{provider.secret.public_id}/replace/",
        "/admin/providers/operation/",
        f"/admin/providers/operation/{operation.public_id}/change/",
        "/admin/providers/catalogentry/",
        "/admin/providers/egressrule/",
        "/admin/providers/egressrule/add/",
        "/admin/providers/egressrule/tester/",
        "/admin/providers/catalogentry/sync/",
        "/admin/accounts/keyencryptionkey/",
        "/admin/accounts/membership/",
        "/admin/accounts/invitation/",
        "/admin/accounts/invitation/add/",
        "/admin/accounts/apikey/",
        "/admin/accounts/apikey/add/",
        "/admin/accounts/auditevent/",
        "/admin/accounts/notice/",
        "/admin/accounts/calendarfeed/",
        "/admin/providers/webhook/",
        "/admin/providers/webhook/add/",
        "/admin/accounts/notice/choices/",
        "/admin/accounts/user/",
        "/admin/auth/group/",
        "/admin/auth/group/Data%20analysts/change/",
        f"/admin/accounts/user/{owner.public_id}/change/",
        "/admin/accounts/project/",
        f"/admin/accounts/project/{project.public_id}/change/",
        f"/admin/accounts/project/{project.public_id}/impact/",
        f"/admin/accounts/project/{project.public_id}/delete/",
        f"/admin/providers/egressrule/{rule.public_id}/change/",
        f"/admin/providers/egressrule/{rule.public_id}/delete/",
        "/admin/providers/catalogentry/openai/gpt-oss:120b/cloud_2/change/",
        "/forgotten/",
        "/admin/password_change/",
    )


def test_no_page_carries_script_keys_of_the_database_or_anything_of_somebody_elses(
    browse, staff, pages
):
    browser = browse(staff)

    for page in pages:
        answer = browser.get(page)
        said = answer.content.decode()
        assert answer.status_code == 200, page
        assert INLINE_SCRIPT.findall(said) == [], page
        assert HANDLER.findall(said) == [], page
        assert FOREIGN.findall(said) == [], page
        assert KEYED.findall(said) == [], page


def test_the_policy_allows_no_inline_script_and_no_other_host(browse, staff, project):
    policy = browse(staff).get("/admin/providers/provider/").headers["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self' 'unsafe-eval'"
    assert directives["default-src"] == "'none'"
    assert "http" not in policy


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("400.html", "can&#x27;t be read"),
        ("403.html", "You may not do that here"),
        ("403_csrf.html", "This page is out of date"),
        ("404.html", "There is nothing here"),
        ("500.html", "Something broke inside Axiom"),
        ("503.html", "Axiom is busy"),
        ("lockout.html", "Too many attempts"),
    ],
)
def test_an_error_page_needs_nothing_but_itself(page, words):
    said = render_to_string(page)

    assert words.replace("&#x27;", "'") in said
    assert INLINE_SCRIPT.findall(said) == []
    assert "Traceback" not in said


def test_a_missing_page_is_the_calm_one(browse, staff, settings):
    settings.DEBUG = False

    answer = browse(staff).get("/admin/providers/provider/aip_0000000000000000/detail/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_refused_page_names_the_permission_that_is_missing(browse, viewer, project):
    answer = browse(viewer).get("/admin/providers/provider/add/")

    assert answer.status_code == 403
    assert "aiProviders:CreateAiProvider" in answer.content.decode()


def test_a_database_that_is_away_is_a_calm_503(browse, staff, project, monkeypatch):
    def away(*_args, **_options):
        raise OperationalError("database is locked")

    browser = browse(staff)
    monkeypatch.setattr(Pages, "get_queryset", away)

    answer = browser.get("/admin/providers/secret/", headers={"Accept": "text/html"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database does not answer." in answer.content.decode()
    assert "locked" not in answer.content.decode()


def test_a_page_without_its_token_is_out_of_date(editor):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")

    answer = browser.post("/admin/providers/provider/add/", {})

    assert answer.status_code == 403
    assert "This page is out of date" in answer.content.decode()
