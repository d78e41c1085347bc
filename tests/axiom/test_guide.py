"""The guide behind the help icon: served as it was built, and under as strict a policy."""

import re
from pathlib import Path

import pytest
from django.urls import resolve, reverse

from axiom.guide import chapter_for
from axiom.navigation import SIDEBAR
from providers.kinds.vocabulary import ErrorClass

ROOT = Path(__file__).resolve().parents[2]
PAGE = "<h1>Secrets</h1><script>theme()</script><script src='/x.js'></script>"
ITEMS = [item for group in SIDEBAR for item in group["items"]]
DIGEST = "'sha256-Rfr3GgHZFiXm+TmNr+li+0sZ4J9FGllo8jsXcJF5XZ8='"


@pytest.fixture
def guide(settings, tmp_path):
    settings.GUIDE_DIR = tmp_path / "guide"
    (settings.GUIDE_DIR / "secrets").mkdir(parents=True)
    (settings.GUIDE_DIR / "index.html").write_text("<h1>Axiom</h1>")
    (settings.GUIDE_DIR / "secrets" / "index.html").write_text(PAGE)
    (tmp_path / "outside.html").write_text("not yours")
    return settings.GUIDE_DIR


@pytest.mark.usefixtures("guide")
def test_a_chapter_may_run_the_scripts_that_stand_in_it_and_no_others(client):
    answer = client.get("/guide/secrets/")

    scripts = next(
        rule
        for rule in answer.headers["Content-Security-Policy"].split("; ")
        if rule.startswith("script-src ")
    )
    assert answer.text == PAGE
    assert scripts == f"script-src 'self' {DIGEST}"


@pytest.mark.usefixtures("guide")
def test_the_front_page_needs_no_sign_in(client):
    answer = client.get("/guide/")

    assert answer.text == "<h1>Axiom</h1>"


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("path", ["../outside.html", "%2e%2e/outside.html", "none/", "secrets"])
def test_what_is_not_in_the_guide_is_not_served(client, path):
    assert client.get(f"/guide/{path}").status_code in {400, 404}


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("page", "chapter"),
    [
        ("admin:providers_provider_changelist", "providers/"),
        ("admin:providers_secret_changelist", "secrets/"),
        ("admin:accounts_apikey_changelist", "roles/"),
    ],
)
def test_the_help_icon_leads_to_the_chapter_about_the_page(client, owner, page, chapter):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    assert f'href="/guide/{chapter}"' in client.get(reverse(page)).text


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["title"])
def test_the_chapter_of_each_page_is_about_it(rf, item):
    request = rf.get(str(item["link"]))
    request.resolver_match = resolve(str(item["link"]))

    chapter = chapter_for(request).removeprefix("/guide/").strip("/")

    told = (ROOT / "docs" / f"{chapter}.md").read_text()
    assert re.search(rf"\b{item['title'].removesuffix('s')}", told, re.IGNORECASE)


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("page", "chapter"),
    [
        ("gateway_limit", "limits"),
        ("accounts_keyencryptionkey", "secrets"),
        ("gateway_accessgrant", "agents"),
        ("auth_group", "roles"),
    ],
)
def test_the_chapter_is_the_one_that_explains_most_of_it(rf, page, chapter):
    request = rf.get("/")
    request.resolver_match = resolve(reverse(f"admin:{page}_changelist"))

    assert chapter_for(request) == f"/guide/{chapter}/"


@pytest.mark.django_db
@pytest.mark.usefixtures("guide")
def test_where_no_chapter_is_about_the_page_the_icon_leads_to_the_front_page(client):
    answer = client.get(reverse("admin:login"))

    assert answer.status_code == 200
    assert answer.context["guide_url"] == "/guide/"


def test_without_a_built_guide_there_is_no_icon(client, owner, settings, tmp_path):
    settings.GUIDE_DIR = tmp_path
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    assert "/guide/" not in client.get(reverse("admin:providers_secret_changelist")).text


def test_every_class_of_error_is_explained():
    explained = (ROOT / "docs" / "troubleshooting.md").read_text()

    assert [name for name in ErrorClass if f"\n## {name}\n" not in explained] == []
