from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.redaction import fingerprint, is_secret_name, redacted

CANARY = "sk-canary-0123456789"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "apiKey", "api_key", "secret", "client_secret", "clientSecret", "token"),
        *("access_token", "Authorization", "credential", "credentials", "privateKey", "value"),
        *(
            "wrapped_key",
            "ciphertext",
            "APIKey",
            "secretAccessKey",
            "extra_headers",
            "sessionToken",
        ),
    ],
)
def test_a_field_named_for_a_secret_is_replaced(name):
    assert is_secret_name(name)
    assert CANARY not in str(redacted({name: CANARY}))


@pytest.mark.parametrize(
    "name",
    [
        *("name", "secretId", "secret_id", "tokenPrefix", "valueUpdatedAt", "baseUrl", "status"),
        *("inputTokens", "maxOutputTokens", "role", "user", "policy", "keyId", "defaultModel"),
    ],
)
def test_a_field_that_only_speaks_of_a_secret_stays_readable(name):
    assert not is_secret_name(name)
    assert redacted({name: "readable"}) == {name: "readable"}


def test_secrets_are_found_however_deep_they_lie():
    fields = {
        "config": {"region": "eu", "items": [{"apiKey": CANARY}, {"credentials": {"a": CANARY}}]}
    }

    told = redacted(fields)

    assert CANARY not in str(told)
    assert told["config"]["region"] == "eu"


def test_bytes_are_never_told_whatever_their_name():
    told = redacted({"name": b"\x00key", "list": [memoryview(b"more")]})

    assert told["name"].startswith("fingerprint:")
    assert told["list"][0].startswith("fingerprint:")


def test_equal_secrets_have_equal_fingerprints_and_others_do_not():
    assert fingerprint("a") == fingerprint(b"a")
    assert fingerprint("a") != fingerprint("b")


def test_a_fingerprint_can_not_be_tested_without_the_secret_key(settings):
    before = fingerprint("guess")

    settings.SECRET_KEY = "another secret key of a sufficient length"

    assert fingerprint("guess") != before


def test_an_empty_secret_is_told_as_empty():
    assert redacted({"password": "", "token": None}) == {"password": "", "token": None}


def test_fields_become_plain_json():
    moment = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

    assert redacted({"at": moment, "price": Decimal("2.50"), "tags": {"a"}}) == {
        "at": "2026-11-20T08:30:00Z",
        "price": "2.50",
        "tags": ["a"],
    }
