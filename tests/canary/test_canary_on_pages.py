"""No address of the portal ever shows a credential, whoever asks and whatever is sent."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from providers.kinds.registry import KINDS
from tests.canary.addresses import addresses
from tests.canary.canaries import TYPED
from tests.canary.conftest import CREDENTIALS
from tests.canary.driving import Driven, look, submit

pytestmark = pytest.mark.django_db

# What scripts ask is driven over REST, with more that scripts can send.
PAGES = [address for address in addresses() if not address.route.startswith("api/")]
# Addresses that can't be driven here, each with its reason; one that could be is an error too.
NOT_DRIVEN: Mapping[str, str] = {}


def forms(shown: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a form with nothing, with credentials alone, for each button, and filled as shown."""
    yield {}
    yield CREDENTIALS
    for button in ("_follow", "_fetch"):
        yield {**shown, **CREDENTIALS, button: "1"}
    blanks = dict.fromkeys(shown, "")
    yield {**blanks, **CREDENTIALS}
    for kind in KINDS if "kind" in shown else ():
        yield {**blanks, **CREDENTIALS, "kind": kind}
    if "version" in shown:
        yield {**shown, **CREDENTIALS, "version": "an older one"}
    if "credential_from" in shown:
        yield {**shown, **CREDENTIALS, "credential_from": "stored", "secret": "sec_0"}
    yield {**shown, **CREDENTIALS}


@pytest.mark.parametrize("address", PAGES, ids=str)
def test_no_page_shows_a_credential(address, world, leaked, sign_in, queued):
    driven = Driven()
    first, *others = address.paths()
    viewer, staff = sign_in(world.viewer), sign_in(world.staff)

    for path, client in product(others, (Client(), viewer, staff)):
        look(driven, client, path)
    look(driven, Client(), first)
    look(driven, viewer, first)
    shown = look(driven, staff, first)
    submit(driven, viewer, first, [CREDENTIALS])
    submit(driven, staff, first, forms(shown))

    assert leaked(*driven.places) == []
    assert driven.has_answered is (str(address) not in NOT_DRIVEN)


@pytest.mark.parametrize("button", ["", "_follow", "_fetch"])
def test_a_form_for_what_is_gone_shows_no_credential(world, leaked, sign_in, button):
    driven = Driven()
    where = reverse("admin:providers_provider_change", args=["aip_0000000000000000"])
    staff = sign_in(world.staff)
    waiting = {f"kept.custom.{name}": TYPED.value for name in CREDENTIALS}

    for kind in ("bedrock", "vertex", "gateway"):
        form = {**CREDENTIALS, **waiting, "kind": kind, button: "1"}
        submit(driven, staff, where, [form, form])

    assert leaked(*driven.places) == []
    assert "This provider is no longer there." in driven.places[-1][1]
