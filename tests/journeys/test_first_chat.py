"""The story of a new user, in a browser: from an empty installation to an answered chat."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.aimock import ANSWER, KEY, MODEL
from tests.journeys.fixtures import running
from tests.journeys.installation import Installation
from tests.journeys.portal import Portal

pytestmark = pytest.mark.journey

OTHER_MODEL = "gemini-2.0-flash"


@pytest.fixture
def empty_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    yield from running(tmp_path_factory.mktemp("first") / "data")


def run_in_shell(command: str, token: str) -> str:
    """Paste a command into a shell that knows the token."""
    ran = subprocess.run(
        ("sh", "-c", command),
        env={"PATH": "/usr/bin:/bin", "AXIOM_API_KEY": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_new_user_adds_a_provider_tests_it_and_gets_a_chat_answered(
    empty_installation, aimock, page
):
    portal = Portal(page, empty_installation)

    portal.sign_in_by_hand()
    expect(page.get_by_text("Nothing has been checked yet.")).to_be_visible()
    portal.open_providers()
    expect(page.get_by_text("No providers yet.")).to_be_visible()
    add_with_its_live_models(portal, aimock.base_url)
    see_it_connected(portal)
    portal.open_provider("Not ours")
    page.get_by_role("button", name="Copy").first.click()
    command = page.evaluate("navigator.clipboard.readText()")
    token = portal.make_token("laptop")
    whole = run_in_shell(command, token)
    streamed = run_in_shell(command.replace('{"model"', '{"stream": true, "model"'), token)

    assert ANSWER in whole
    words = re.findall(r'"delta":\s*\{[^}]*"content":\s*"([^"]*)"', streamed)
    assert "".join(words) == ANSWER
    assert streamed.rstrip().endswith("data: [DONE]")
    empty_installation.settled()
    rows = empty_installation.rows("SELECT * FROM usage_usagerecord ORDER BY started_at")
    assert [(row["kind_of_use"], row["status"], row["streamed"]) for row in rows] == [
        ("test", 200, 0),
        ("chat", 200, 0),
        ("chat", 200, 1),
    ]
    assert {row["outcome"] for row in rows} == {"reported"}
    assert [row["key_name"] for row in rows] == ["", "laptop", "laptop"]
    assert shown_again(portal, token) == []
    assert kept_in_files(empty_installation, token, KEY) == []


def add_with_its_live_models(portal: Portal, base_url: str) -> None:
    portal.open_form()
    portal.fill(name="Not ours", base_url=base_url, api_key=KEY)
    portal.fetch_models()
    expect(portal.dialog.get_by_text("The provider lists 5 models")).to_be_visible()
    portal.tick([MODEL, OTHER_MODEL])
    portal.save_new()
    portal.banner("Not ours was added.")
    expect(portal.row_of("Not ours", MODEL)).to_contain_text("Active")
    expect(portal.badge_of("Not ours", MODEL)).to_have_text("Untested")


def see_it_connected(portal: Portal) -> None:
    portal.test("Not ours", MODEL)
    told = portal.banner("Connected.").inner_text()
    assert re.search(rf"{MODEL} at Not ours answered in \d+ ms\.", told)
    expect(portal.badge_of("Not ours", MODEL)).to_contain_text("Connected")


def shown_again(portal: Portal, token: str) -> list[str]:
    """Name the places after its one showing where a token can be seen."""
    portal.page.goto(f"{portal.installation.portal_url}/admin/accounts/apikey/")
    expect(portal.page.get_by_text("laptop")).to_be_visible()
    places = {"page": portal.page.content(), "log": "\n".join(portal.installation.heard)}
    return [place for place, text in places.items() if token in text or KEY in text]


def kept_in_files(installation: Installation, *secrets: str) -> list[str]:
    """Name the files of the data folder in which a secret stands as itself."""
    files = [path for path in installation.folder.rglob("*") if path.is_file()]
    return [
        f"{path.name} holds {secret[:8]}…"
        for path in files
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]
