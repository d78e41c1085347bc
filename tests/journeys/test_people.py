"""People and keys in a real browser: invited, let in by role, kept to their project, on record."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys.browser import DESK
from tests.journeys.furniture import PASSWORD, PROVIDER, furnish
from tests.journeys.installation import EMAIL
from tests.journeys.portal import Portal

pytestmark = pytest.mark.journey

GUEST = "nia@example.com"
NEW_PASSWORD = "a-long-enough-password"


# An owner of the first project, and one of another, to whom the first is nothing.
OWNERS = f"""
from accounts.models import Membership, Project, Role, User
first = Project.objects.order_by("pk")[0]
owner, stranger = (User.objects.create_user(f"{{name}}@example.com", "{PASSWORD}")
                   for name in ("olga.berg", "sam.far"))
Membership.objects.add(first, owner, Role.OWNER, by=None)
Project.objects.start(name="Far away", owner=stranger, by=None)
"""


@pytest.fixture
def owners(furnished):
    query = "SELECT email FROM accounts_user WHERE email = ?"
    if not furnished.rows(query, "olga.berg@example.com"):
        furnished.manage("shell", "--command", OWNERS)


@pytest.fixture
def furnished(installation, upstream):
    furnish(installation, upstream)
    return installation


@pytest.fixture
def portal(furnished, page) -> Portal:
    portal = Portal(page, furnished)
    portal.sign_in()
    return portal


@contextmanager
def somebody_else(browser) -> Iterator[Page]:
    with browser.new_context(viewport=DESK) as context:
        yield context.new_page()


def enter(page: Page, portal_url: str, email: str, password: str) -> None:
    page.goto(portal_url)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def open_page(portal: Portal, name: str) -> None:
    portal.page.locator("#sidebar").get_by_role("link", name=name, exact=True).click()
    expect(portal.heading(name)).to_be_visible()


def test_somebody_is_invited_and_comes_in_by_the_mailed_link(portal, browser):
    open_page(portal, "Members")
    heard = len(portal.installation.heard)
    portal.page.get_by_role("link", name="Invite somebody").click()
    portal.dialog.get_by_label("Email").fill(GUEST)
    portal.dialog.get_by_label("Role").select_option("editor")
    if portal.dialog.get_by_label("Project").is_visible():
        portal.dialog.get_by_label("Project").select_option(label="Default")
    portal.dialog.get_by_role("button", name="Send invitation").click()
    portal.banner("is invited")
    line = portal.installation.wait_for("/invitation/?token=", part="portal", since=heard)

    with somebody_else(browser) as guest:
        guest.goto(line[line.index("http") :].strip())
        expect(guest).to_have_url(re.compile("/invitation/$"))
        guest.get_by_label("Name").fill("Nia")
        guest.get_by_label("Password").fill(NEW_PASSWORD)
        guest.get_by_role("button", name="Join").click()
        expect(guest.get_by_text("You are in “Default” now, as editor.")).to_be_visible()
        guest.goto(line[line.index("http") :].strip())
        expect(guest.get_by_text("accepted already")).to_be_visible()

    open_page(portal, "Members")
    expect(portal.page.locator("#members tbody tr", has_text=GUEST)).to_contain_text("Editor")


@pytest.mark.parametrize(
    ("address", "pages", "may_add"),
    [
        ("cleo.roy", ["Providers", "Secrets", "Members", "API keys"], False),
        ("bo.li", ["Providers", "Secrets", "Members", "API keys"], True),
        ("ada.byron", ["Providers", "Secrets", "Members", "API keys", "Audit"], True),
        ("olga.berg", ["Providers", "Secrets", "Members", "API keys", "Audit"], True),
    ],
)
@pytest.mark.usefixtures("owners")
def test_each_role_finds_its_own_pages(furnished, page, address, pages, may_add):
    enter(page, furnished.portal_url, f"{address}@example.com", PASSWORD)
    page.locator("#sidebar").get_by_role("link", name="Providers", exact=True).click()

    expect(page.get_by_role("link", name=PROVIDER, exact=True)).to_be_visible()
    offered = page.locator("#sidebar nav a").all_inner_texts()
    assert [name for name in offered if name in {*pages, "Users", "Projects"}] == pages
    expect(page.get_by_role("link", name="Add Provider")).to_have_count(int(may_add))


@pytest.mark.usefixtures("owners")
def test_a_stranger_finds_their_own_project_and_nothing_of_the_first(furnished, page):
    enter(page, furnished.portal_url, "sam.far@example.com", PASSWORD)
    page.locator("#sidebar").get_by_role("link", name="Providers", exact=True).click()

    expect(page.get_by_text("No providers yet.")).to_be_visible()
    expect(page.get_by_role("link", name=PROVIDER, exact=True)).to_have_count(0)
    query = "SELECT public_id FROM providers_provider WHERE name = ?"
    (row,) = furnished.rows(query, PROVIDER)
    where = f"{furnished.portal_url}/admin/providers/provider/{row['public_id']}/detail/"
    assert page.request.get(where).status == 404


def test_the_switcher_is_worked_by_keys_and_finds_a_project(portal):
    page = portal.page
    page.locator(".ax-project-button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Find a project")).to_be_focused()

    page.keyboard.type("nimbus 7")
    expect(page.locator("#project-choices button")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator(".ax-project-button b")).to_have_text("Nimbus 7")
    expect(page.get_by_role("link", name=PROVIDER, exact=True)).to_have_count(0)
    page.goto(f"{portal.installation.portal_url}/admin/accounts/apikey/")
    expect(page.locator(".ax-project-button b")).to_have_text("Nimbus 7")
    expect(page.get_by_text("No keys yet.")).to_be_visible()


def test_a_key_is_made_copied_used_and_revoked(portal):
    open_page(portal, "API keys")
    page, installation = portal.page, portal.installation
    page.get_by_role("link", name="Make an API key").first.click()
    expect(portal.dialog.get_by_label("Policy")).to_be_hidden()
    portal.dialog.get_by_label("What it may do").select_option("custom")
    portal.dialog.get_by_label("Policy").fill("[{]")
    portal.dialog.get_by_label("Name").fill("Reader")
    portal.dialog.get_by_role("button", name="Make the key").click()
    expect(portal.dialog.get_by_text("This is not valid JSON")).to_be_visible()
    expect(portal.dialog.get_by_label("Name")).to_have_value("Reader")
    portal.dialog.get_by_label("What it may do").select_option("reading")
    portal.dialog.get_by_role("button", name="Make the key").click()
    token = portal.dialog.locator("#token").inner_text()
    portal.dialog.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == token
    where = f"{installation.portal_url}/api/v1/ai-providers"
    auth = {"Authorization": f"Bearer {token}"}
    assert requests.get(where, headers=auth, timeout=20).status_code == 200
    assert requests.post(where, headers=auth, json={}, timeout=20).status_code == 403
    portal.dialog.get_by_role("link", name="I have copied it").click()

    row = page.locator("#apikey-list tbody tr", has_text="Reader")
    expect(row).to_contain_text("Read only")
    portal.choose(row, "Revoke")
    portal.dialog.get_by_role("button", name="Revoke key").click()
    portal.banner("was revoked")

    expect(row).to_contain_text("revoked")
    assert requests.get(where, headers=auth, timeout=20).status_code == 401


def test_the_egress_tester_says_yes_and_no(portal):
    portal.page.goto(f"{portal.installation.portal_url}/admin/providers/egressrule/")
    portal.page.get_by_role("link", name="Test a URL").click()

    for url, verdict in (
        ("http://10.4.0.12:8000/v1", "Allowed."),
        ("http://10.9.0.12:8000/v1", "Refused."),
        ("http://169.254.169.254/", "metadata service"),
    ):
        portal.page.get_by_label("URL").fill(url)
        portal.page.get_by_role("button", name="Test", exact=True).click()
        expect(portal.page.get_by_role("status").filter(has_text=verdict)).to_be_visible()
        expect(portal.page.get_by_label("URL")).to_have_value(url)


def test_the_audit_is_narrowed_and_read(portal):
    page, installation = portal.page, portal.installation
    api, token = f"{installation.portal_url}/api/v1", installation.script_token
    headers = {"Authorization": f"Bearer {token}"}
    added = installation.add_provider(
        token, name="Audited", baseUrl="http://127.0.0.1:9/v1", apiKey="any", models=["m"]
    )
    changed = requests.patch(
        f"{api}/secrets/{added['secretId']}",
        json={"expiresAt": "2030-01-01T00:00:00Z"},
        headers=headers,
        timeout=20,
    )
    denied = requests.post(f"{api}/catalog/sync", headers=headers, timeout=20)
    assert (changed.status_code, denied.status_code) == (200, 403)

    page.goto(f"{portal.installation.portal_url}/admin/accounts/auditevent/?project=all")
    page.get_by_label("Outcome").select_option(label="Outcome: denied")
    rows = page.locator("tr[data-row-link]")
    expect(rows.first).to_contain_text("denied")
    expect(page.locator("tr[data-row-link] .is-good")).to_have_count(0)

    page.goto(f"{portal.installation.portal_url}/admin/accounts/auditevent/?about=secrets")
    rows.first.click()

    expect(portal.heading("secrets:UpdateSecret")).to_be_visible()
    expect(page.get_by_text("expiresAt")).to_be_visible()
    expect(page.get_by_text(EMAIL).first).to_be_visible()


def test_the_chain_is_walked_by_a_worker_when_asked(portal):
    where = f"{portal.installation.portal_url}/admin/accounts/auditevent/"
    portal.page.goto(where)
    portal.page.get_by_role("button", name="Verify now").click()
    portal.banner("A worker walks the chain now")

    portal.installation.wait_for("accounts.tasks.verify_audit", part="worker")
    expect(portal.page.locator(".ax-chain")).to_be_visible()
    portal.page.reload()
    expect(portal.page.locator(".ax-chain")).to_contain_text("The chain holds")
