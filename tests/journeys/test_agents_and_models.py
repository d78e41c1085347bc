"""Agents and models as a tenant meets them, with a client that calls all the while."""

from http import HTTPStatus

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.fixtures import NOWHERE
from tests.journeys.portal import Portal
from tests.journeys.upstream import WORDS

pytestmark = pytest.mark.journey

PATIENCE_S = 20
MODEL = "slow-model"
AGENTS = ("gateway/agent/", "Agents")
MODELS = ("gateway/model/", "Models")


@pytest.fixture
def portal(page, installation):
    portal = Portal(page, installation)
    portal.come_in()
    return portal


@pytest.fixture
def name(request):
    """What no other journey calls its things."""
    return request.node.name.removeprefix("test_").replace("_", "-")[:40]


@pytest.fixture
def provider(installation, upstream, name):
    return add_provider(installation, f"AI {name}", upstream.base_url)


def add_provider(installation, name, base_url):
    return installation.add_provider(
        installation.script_token,
        name=name,
        baseUrl=base_url,
        apiKey="invented-for-an-agent",
        models=[MODEL],
    )


@pytest.fixture
def call(installation):
    """Call as a client does, and give the answer."""

    def call(token, model="default"):
        return requests.post(
            f"{installation.gateway_url}/v1/chat/completions",
            headers={"Authorization": f"Bearer {token}"},
            json={"model": model, "messages": [{"role": "user", "content": "Hello"}]},
            timeout=PATIENCE_S,
        )

    return call


def words_of(answer):
    assert answer.status_code == HTTPStatus.OK, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def add_agent(portal, name, provider):
    """Add an agent that is pinned to a provider's model; give its token."""
    dialog = portal.dialog
    portal.open(*AGENTS)
    portal.page.get_by_role("link", name="Add an agent").first.click()
    dialog.get_by_label("Name").fill(name)
    for field, choice in (("Type", "Custom"), ("What answers it", "One provider's model")):
        with portal.page.expect_response("**/agent/add/"):  # the form follows each choice
            dialog.get_by_label(field).select_option(label=choice)
    pins = dialog.get_by_label("Provider's model")
    pins.select_option(label=f"{provider['name']}: {MODEL}")
    dialog.get_by_role("button", name="Add agent").click()
    token = dialog.locator("#token").inner_text()
    dialog.get_by_role("link", name="I have copied it").click()
    expect(portal.heading(name)).to_be_visible()
    return token


def test_an_agent_is_added_and_its_first_request_ticks(portal, provider, call, name):
    page = portal.page
    token = add_agent(portal, name, provider)
    page.get_by_role("link", name="Connect").first.click()
    expect(page.get_by_text("Waiting for the first request…")).to_be_visible()

    assert words_of(call(token)) == "".join(WORDS)

    expect(page.get_by_text("It has come.")).to_be_visible()
    assert token not in page.content()


def test_a_provider_goes_once_its_agent_is_answered_elsewhere(portal, provider, call, name):
    page, dialog = portal.page, portal.dialog
    token = add_agent(portal, name, provider)
    portal.search(provider["name"])
    page.get_by_role("button", name=f"Actions for {provider['name']}").click()
    page.locator(".ax-menu:popover-open").get_by_role("menuitem", name="Delete").click()
    expect(dialog.get_by_text(name, exact=True)).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete provider")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    portal.open(*AGENTS)
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Edit").click()
    expect(dialog.get_by_label("Provider's model")).to_be_visible()
    dialog.get_by_label("What answers it").select_option(label="The project's active model")
    # The form grows shorter as it follows, and a press that begins before that misses its button.
    expect(dialog.get_by_label("Provider's model")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    portal.banner("Its next request goes there.")
    portal.search(provider["name"])
    page.get_by_role("button", name=f"Actions for {provider['name']}").click()
    page.locator(".ax-menu:popover-open").get_by_role("menuitem", name="Delete").click()
    dialog.get_by_role("button", name="Delete provider").click()

    portal.banner(f"{provider['name']} was deleted.")
    assert call(token).status_code == HTTPStatus.BAD_GATEWAY  # the active model is nobody's


def test_a_model_is_answered_by_its_second_backend(
    portal, installation, provider, upstream, call, name
):
    page, dialog = portal.page, portal.dialog
    dead = add_provider(installation, f"Dead {name}"[:60], NOWHERE)
    portal.open(*MODELS)
    page.get_by_role("link", name="Add a model").first.click()
    dialog.get_by_label("Name", exact=True).fill(name)
    first = dialog.get_by_label("Provider's model").first
    first.select_option(label=f"{dead['name']}: {MODEL}")
    dialog.get_by_role("button", name="Add a backend").click()
    expect(dialog.get_by_label("Provider's model")).to_have_count(2)
    dialog.get_by_label("Provider's model").last.select_option(label=f"{provider['name']}: {MODEL}")
    expect(dialog.get_by_label("Priority").last).to_have_value("2")
    dialog.get_by_role("button", name="Add model").click()
    portal.banner(f"{name} is active.")

    answer = call(installation.script_token, name)

    assert words_of(answer) == "".join(WORDS)
    assert answer.headers["x-axiom-attempts"] in {"1", "2"}  # one, where it was found dead already
    assert upstream.seen


def test_a_grant_counts_from_the_next_call_on(portal, installation, provider, call, name):
    page, dialog = portal.page, portal.dialog
    portal.open(*MODELS)
    page.get_by_role("link", name="Add a model").first.click()
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Provider's model").select_option(label=f"{provider['name']}: {MODEL}")
    dialog.get_by_role("button", name="Add model").click()
    portal.banner(f"{name} is active.")
    page.get_by_role("link", name=name, exact=True).click()
    expect(portal.heading(name)).to_be_visible()
    token = installation.script_token
    assert words_of(call(token, name))

    page.get_by_role("link", name="Take it back from").first.click()
    dialog.get_by_role("button", name="Take back").click()
    portal.banner("may not call")
    assert call(token, name).status_code == HTTPStatus.FORBIDDEN

    page.get_by_role("link", name="Give access").click()
    dialog.get_by_label("Project").select_option(label="Default")
    dialog.get_by_role("button", name="Give access").click()
    portal.banner("from the next request on")
    assert words_of(call(token, name)) == "".join(WORDS)
