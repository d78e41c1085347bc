"""A conversation in the playground: streamed, with another model in the middle, kept by the tab."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS, WORDS

pytestmark = pytest.mark.journey

ANSWER = "".join(WORDS)


@pytest.fixture
def name(request):
    """A provider's of this journey alone."""
    return f"AI {request.node.name[-40:]}"


@pytest.fixture
def playground(page, installation, upstream, name):
    """The playground of an installation with one more provider, whose models it offers."""
    installation.add_provider(
        installation.script_token,
        name=name,
        baseUrl=upstream.base_url,
        apiKey="invented-for-a-talk",
        models=list(MODELS),
    )
    portal = Portal(page, installation)
    portal.come_in()
    portal.open("gateway/model/playground/", "Playground")
    choose(page, name, MODELS[0])
    return page


def choose(page, name, model):
    """Send to a provider's model from now on."""
    option = page.locator(f'optgroup[label="{name}"] option', has_text=model)
    page.get_by_label("Send to").select_option(option.get_attribute("value"))


def say(page, words):
    page.get_by_label("Your message").fill(words)
    page.keyboard.press("Enter")


def test_a_conversation_goes_on_elsewhere_and_survives_a_reload(playground, upstream, name):
    page = playground
    say(page, "Hello there")
    expect(page.get_by_text(ANSWER)).to_be_visible()
    expect(page.get_by_text("1 attempt · 5 tokens in, 6 out")).to_be_visible()

    choose(page, name, MODELS[1])
    say(page, "And you?")

    expect(page.get_by_text(f"{MODELS[1]} at {name}")).to_be_visible()
    expect(page.get_by_text("1 attempt")).to_have_count(2)
    assert [turn["content"] for turn in upstream.seen[-1]["messages"]] == [
        "Hello there",
        ANSWER,
        "And you?",
    ]
    page.reload()
    expect(page.get_by_text(ANSWER)).to_have_count(2)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("Nothing has been said yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_text(ANSWER)).to_have_count(0)


def test_an_answer_can_be_stopped(playground, upstream):
    page = playground
    with upstream.held():
        say(page, "Take your time")
        upstream.wait_for_requests(1)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Send")).to_be_visible()

    expect(page.get_by_text("Stopped. What came until then is in Usage.")).to_be_visible()
    say(page, "Now then")
    expect(page.get_by_text(ANSWER)).to_be_visible()


def test_what_a_provider_refuses_is_told_and_the_words_can_be_sent_again(playground, upstream):
    page = playground
    upstream.stop()
    say(page, "Is anybody there?")

    expect(page.get_by_role("alert").get_by_text(re.compile("connection refused"))).to_be_visible()
    expect(page.get_by_text("Is anybody there?")).to_be_visible()
