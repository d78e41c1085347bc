"""Login & Connect in a browser, at a certified authorization server that is not ours."""

import socket
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.identity import Vendor
from tests.journeys.installation import free_port, until
from tests.journeys.portal import Portal
from tests.journeys.provider_dialog import ProviderDialog

pytestmark = pytest.mark.journey

RUN_OUT = """
from django.utils import timezone
from providers.models import LoginAttempt
now = timezone.now()
waiting = LoginAttempt.objects.filter(status="waiting")
waiting.update(created_at=now - LoginAttempt.LASTS, expires_at=now)
"""
KIND = "Any OAuth 2.0 protected endpoint"


@pytest.fixture(scope="module")
def elsewhere():
    """A redirect address that nothing answers at, as on a machine far away."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/auth/callback"


@pytest.fixture(scope="module")
def nearby():
    """A redirect address at a port of this machine that Axiom can listen at."""
    return f"http://localhost:{free_port()}/auth/callback"


@pytest.fixture(scope="module")
def vendor(installation, elsewhere, nearby):
    server = Vendor(f"{installation.portal_url}/oauth/callback/", elsewhere, nearby)
    yield server
    server.stop()


@pytest.fixture
def portal(page, installation):
    portal = Portal(page, installation)
    portal.sign_in()
    return portal


def filled(portal: Portal, vendor: Vendor, name: str, **more: str) -> ProviderDialog:
    dialog = ProviderDialog.to_add(portal, KIND)
    dialog.fill(
        {
            "Name": name,
            "Base URL": "http://127.0.0.1:9/v1",
            "Client ID": "axiom",
            "Issuer": vendor.issuer,
            "Scopes": "openid offline_access models",
            "More models": "some-model",
            **more,
        }
    )
    return dialog


def vendors_page(portal: Portal, dialog: ProviderDialog) -> Page:
    """Press the button, and wait for the tab that opens by itself."""
    with portal.page.context.expect_page() as opened:
        dialog.save()
    return opened.value


def signed_in(portal: Portal, vendor: Vendor, name: str) -> None:
    """Add a provider, allow Axiom at the vendor's page, and wait until the dialog has gone."""
    dialog = filled(portal, vendor, name)
    tab = vendors_page(portal, dialog)
    expect(dialog.box).to_contain_text("Waiting for authentication…")
    tab.get_by_role("button", name="Allow").click()
    expect(tab.get_by_role("heading", name="Signed in")).to_be_visible()
    portal.banner(f"{name} is connected.")
    expect(dialog.box).to_be_hidden()


def test_a_login_opens_a_tab_and_closes_its_dialog_by_itself(portal, vendor):
    signed_in(portal, vendor, "By login")

    expect(portal.rows_of("By login")).to_be_visible()


def test_a_denied_login_says_so_and_is_tried_again_with_a_pasted_address(portal, vendor, elsewhere):
    dialog = filled(portal, vendor, "From afar", **{"Redirect URL": elsewhere})
    tab = vendors_page(portal, dialog)
    came_back = []
    tab.on("request", lambda request: came_back.append(request.url))
    tab.get_by_role("button", name="Deny").click()
    until_there(tab, came_back, elsewhere)
    hand_in(dialog, came_back[-1])
    expect(dialog.box.get_by_role("alert")).to_contain_text("access was denied")

    with portal.page.context.expect_page() as opened:
        dialog.box.get_by_role("button", name="Try again").click()
    again = opened.value
    again.on("request", lambda request: came_back.append(request.url))
    again.get_by_role("button", name="Allow").click()
    until_there(again, came_back, "code=")
    address = came_back[-1]
    hand_in(dialog, address.replace("state=", "state=x"))
    expect(dialog.box.get_by_role("alert")).to_contain_text("its state is unknown")
    hand_in(dialog, address)

    portal.banner("From afar is connected.")
    expect(dialog.box).to_be_hidden()
    assert parse_qs(urlsplit(address).query)["iss"] == [vendor.issuer]


def test_a_login_comes_back_by_the_port_that_the_client_insists_on(portal, vendor, nearby):
    dialog = filled(portal, vendor, "Nearby", **{"Redirect URL": nearby})
    tab = vendors_page(portal, dialog)
    expect(dialog.box).to_contain_text("Waiting for authentication…")
    tab.get_by_role("button", name="Allow").click()

    expect(tab.get_by_role("heading", name="Signed in")).to_be_visible()
    assert tab.url.startswith(f"{portal.installation.portal_url}/oauth/callback/")
    portal.banner("Nearby is connected.")
    expect(dialog.box).to_be_hidden()


def test_an_answer_that_is_used_up_or_of_another_login_says_so(portal, vendor):
    dialog = filled(portal, vendor, "Replayed")
    tab = vendors_page(portal, dialog)
    tab.get_by_role("button", name="Allow").click()
    expect(tab.get_by_role("heading", name="Signed in")).to_be_visible()
    portal.banner("Replayed is connected.")
    address = tab.url

    tab.goto(address)
    expect(tab.get_by_role("heading", name="Login not taken")).to_be_visible()
    tab.goto(address.replace("state=", "state=x"))
    expect(tab.get_by_text("its state is unknown")).to_be_visible()


def test_a_login_is_resumed_and_ends_after_ten_minutes(portal, vendor, installation):
    dialog = filled(portal, vendor, "Slow login")
    tab = vendors_page(portal, dialog)
    dialog.box.get_by_role("link", name="Close").click()
    portal.search("Slow login")
    portal.open_provider("Slow login")
    portal.page.get_by_role("link", name="Login & Connect").click()
    expect(portal.dialog).to_contain_text("Waiting for authentication…")
    attempts = installation.rows("SELECT id FROM providers_loginattempt WHERE status = 'waiting'")
    assert len(attempts) == 1

    installation.manage("shell", "--command", RUN_OUT)
    expect(portal.dialog.get_by_role("alert")).to_contain_text("not finished within 10 minutes")
    tab.get_by_role("button", name="Allow").click()
    expect(tab.get_by_text("not finished within 10 minutes")).to_be_visible()


def until_there(tab: Page, came_back: list[str], words: str) -> None:
    """Wait until the vendor has sent the browser to an address, though nothing answers there."""
    for _ in range(150):
        if any(words in url and "/auth/callback" in url for url in came_back):
            return
        tab.wait_for_timeout(100)
    raise AssertionError(f"{words} is not among {came_back}")


def hand_in(dialog: ProviderDialog, address: str) -> None:
    dialog.box.get_by_label("Where did the vendor's page end?").fill(address)
    dialog.box.get_by_role("button", name="Hand in").click()


def test_a_revoked_grant_is_told_and_renewed_on_the_same_provider(portal, vendor, installation):
    signed_in(portal, vendor, "Revoked")
    before = installation.rows("SELECT public_id FROM providers_provider WHERE name = 'Revoked'")
    vendor.revoke()
    token = installation.token("renewing")
    installation.renew(token, before[0]["public_id"])
    until(
        lambda: installation.rows(
            "SELECT 1 FROM providers_provider WHERE name = 'Revoked' AND health = 'invalid_key'"
        ),
        "the refusal",
    )

    portal.search("Revoked")
    portal.open_provider("Revoked")
    expect(portal.page.locator("#provider-page")).to_contain_text("Its login is no longer good.")
    portal.page.get_by_role("link", name="Renew Token").click()
    with portal.page.context.expect_page() as opened:
        portal.dialog.get_by_role("button", name="Sign in again").click()
    opened.value.get_by_role("button", name="Allow").click()

    portal.banner("Revoked is connected.")
    after = installation.rows("SELECT public_id FROM providers_provider WHERE name = 'Revoked'")
    assert after == before
