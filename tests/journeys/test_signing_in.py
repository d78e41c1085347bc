"""Signing in as people do: through their company, with an app's code, with a passkey."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.journeys.fixtures import running
from tests.journeys.identity import CLIENT_SECRET, NAME, IdentityProvider
from tests.journeys.installation import PASSWORD, Installation, free_port

pytestmark = pytest.mark.journey

# A person with a place in the first project, made as a script would.
MAKE = """
from accounts.models import Membership, Project, Role, User
user = User.objects.create_user({email!r}, {password!r})
Membership.objects.add(Project.objects.first(), user, Role.VIEWER, by=None)
"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """An installation with the extra on, beside an identity provider that knows it."""
    port = free_port()
    environment = {
        "AXIOM_SSO": "1",
        "AXIOM_OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "AXIOM_OIDC_CLIENT_ID": "axiom",
        "AXIOM_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "AXIOM_OIDC_NAME": NAME,
    }
    for installation in running(tmp_path_factory.mktemp("secured") / "data", more=environment):
        back = f"{installation.portal_url}/sign-in/with/company/back/"
        provider = IdentityProvider(port=port, redirect=back)
        yield installation
        provider.stop()


def make_person(installation: Installation, email: str) -> None:
    installation.manage("shell", "-c", MAKE.format(email=email, password=PASSWORD))


def by_password(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/admin/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def by_company(page: Page, installation: Installation, email: str) -> None:
    page.goto(f"{installation.portal_url}/admin/login/")
    page.get_by_role("button", name=f"Sign in with {NAME}").click()
    page.get_by_label("Address").fill(email)
    page.get_by_role("button", name="Go on").click()


def is_inside(page: Page) -> None:
    expect(page.get_by_role("heading", name="Dashboard", exact=True)).to_be_visible()


def open_own_page(page: Page, email: str) -> None:
    page.get_by_role("button", name=email).click()
    page.get_by_role("menuitem", name="Second step and passkeys").click()
    expect(page.get_by_role("heading", name="Authenticator app")).to_be_visible()


def sign_out(page: Page, email: str) -> None:
    page.get_by_role("button", name=email).click()
    page.get_by_role("menuitem", name="Sign out").click()


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_known_person_comes_in_through_their_company(secured, page):
    make_person(secured, "cora@example.com")

    by_company(page, secured, "cora@example.com")

    is_inside(page)
    kept = secured.rows("SELECT uid, extra_data FROM socialaccount_socialaccount")
    assert {"uid": "cora@example.com", "extra_data": "{}"} in kept


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("stranger@example.com", "Nobody has invited stranger@example.com yet."),
        ("unchecked@example.com", "did not say that it has checked your email address"),
    ],
)
def test_others_are_told_why_they_do_not(secured, page, email, words):
    by_company(page, secured, email)

    expect(page.get_by_text(words)).to_be_visible()


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(secured, page):
    email = "tara@example.com"
    make_person(secured, email)
    by_password(page, secured.portal_url, email)
    open_own_page(page, email)
    page.get_by_role("link", name="Set up").click()
    confirm(page)
    secret = page.get_by_label("Or type this secret into it").input_value()
    expect(page.get_by_alt_text("QR code with the secret below")).to_be_visible()

    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    codes = page.locator("#codes").inner_text().split()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page, email)
    by_password(page, secured.portal_url, email)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()

    is_inside(page)
    assert len(set(codes)) == 10
    assert not [line for line in secured.heard if secret in line]


def test_a_passkey_signs_in_without_a_password(secured, page):
    address, email = secured.portal_url.replace("127.0.0.1", "localhost"), "pia@example.com"
    make_person(secured, email)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    by_password(page, address, email)
    open_own_page(page, email)
    page.get_by_role("link", name="Add passkey").click()
    confirm(page)

    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("My laptop")).to_be_visible()
    sign_out(page, email)
    page.goto(f"{address}/admin/login/?next=/admin/providers/secret/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", name="Secrets", exact=True)).to_be_visible()


def test_a_passkey_is_the_second_step_after_a_password_too(secured, page):
    address, email = secured.portal_url.replace("127.0.0.1", "localhost"), "quinn@example.com"
    make_person(secured, email)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    by_password(page, address, email)
    open_own_page(page, email)
    page.get_by_role("link", name="Add passkey").click()
    confirm(page)
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page, email)

    by_password(page, address, email)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()

    is_inside(page)
