"""Passkeys before a browser comes in: what the pages hand to it, and what is refused."""

import json
import re
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.utils import websafe_encode

from accounts.sso.passkeys import are_possible_at
from tests.accounts.sso.conftest import confirmed

pytestmark = pytest.mark.django_db

ADD = "/sign-in/mine/passkeys/add/"
SIGN_IN = "/sign-in/passkey/"
NONSENSE = [
    "",
    "nonsense",
    "{}",
    "[]",
    '{"response": {"userHandle": "x"}}',
    '{"id": "x", "response": null}',
    '{"id": "x", "rawId": "eA", "type": "public-key", "response": {"attestationObject": "eA"}}',
]


def options_in(answer):
    found = re.search(r'data-options="([^"]+)"', answer.content.decode())
    return json.loads(unescape(found[1]))["publicKey"]


@pytest.mark.parametrize(
    ("host", "possible"),
    [
        ("localhost:8000", True),
        ("axiom.example.com", True),
        ("127.0.0.1:8000", False),
        ("192.0.2.7", False),
        ("[::1]:8000", False),
    ],
)
def test_browsers_make_passkeys_for_names_alone(host, possible):
    assert are_possible_at(host) is possible


def test_the_page_asks_for_a_key_that_is_enough_by_itself(ada):
    options = options_in(confirmed().get(ADD))

    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"] == {"id": "testserver", "name": "Axiom"}


def test_the_device_learns_the_public_id_alone(ada):
    options = options_in(confirmed().get(ADD))

    assert options["user"] == {
        "id": websafe_encode(ada.public_id.encode()),
        "name": ada.email,
        "displayName": ada.email,
    }


def test_at_an_address_of_numbers_the_page_says_what_to_do(ada):
    client = confirmed()

    answer = client.get(ADD, headers={"host": "127.0.0.1"})

    assert "data-passkey" not in answer.content.decode()
    assert "localhost" in answer.content.decode()
    assert (
        "passkey"
        not in Client().get("/admin/login/", headers={"host": "127.0.0.1"}).content.decode()
    )


@pytest.mark.parametrize("credential", NONSENSE)
def test_an_answer_that_no_device_gives_signs_nobody_in(ada, credential):
    client = Client()
    client.get(SIGN_IN, headers={"Accept": "application/json"})

    answer = client.post(SIGN_IN, {"credential": credential}, follow=True)

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("credential", NONSENSE)
def test_an_answer_that_no_device_gives_adds_nothing(ada, credential):
    client = confirmed()
    client.get(ADD)

    typed = {"credential": credential, "name": "Mine", "passwordless": "on"}
    answer = client.post(ADD, typed)

    assert "This passkey was not accepted." in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert not Authenticator.objects.exists()
