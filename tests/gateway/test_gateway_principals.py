"""Tokens: which are taken, how fast a change counts, and what a look-up costs."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey, Epoch, User
from gateway.refusals import TokenInvalid
from providers.models import Secret
from tests import factories
from tests.gateway.records import routing_of
from tests.gateway.running import PATIENCE_S

UNKNOWN = "axk_" + "x" * 43


@pytest.mark.parametrize(
    "token", ["", "axk_short", "sk-openai", UNKNOWN, "axk_" + "é" * 43, "axk_" + "x" * 5_000]
)
def test_a_token_that_is_none_is_a_401_in_openais_form(gateway, provider, upstream, token):
    headers = {"authorization": f"Bearer {token}".encode()} if token else {}

    told = gateway.send("POST", "/v1/chat/completions", body=b"{}", headers=headers)

    assert told.status == 401
    assert told.error["code"] == "invalid_api_key"
    assert told.error["type"] == "invalid_request_error"
    assert upstream.seen == []


@pytest.mark.parametrize("header", ["x-api-key", "x-goog-api-key", "api-key"])
def test_a_token_is_taken_in_any_clients_header(gateway, provider, token, header):
    told = gateway.send("POST", "/v1/chat/completions", body=b"{}", headers={header: token})

    assert told.status == 200


def revoke(key):
    key.revoke(by=None, at=timezone.now())


def suspend(key):
    factories.make_staff()
    User.objects.get(pk=key.created_by.pk).suspend(by=factories.make_staff())


def archive(key):
    key.project.archive(by=None)


def remove_member(key):
    project = key.project
    project.memberships.get(user=key.created_by).remove(by=factories.make_staff())


@pytest.mark.parametrize(
    ("end", "status"),
    [(revoke, 401), (suspend, 401), (archive, 401), (remove_member, 403)],
)
def test_what_ends_a_token_counts_with_the_next_look_at_the_epoch(
    gateway, provider, aurora, end, status
):
    key, token = factories.make_key(aurora, created_by=factories.make_member(aurora))
    assert gateway.chat(token).status == 200

    end(key)
    gateway.notice()

    assert gateway.chat(token).status == status


def test_a_key_expires_by_itself(gateway, provider, aurora):
    expires_at = timezone.now() + timedelta(hours=1)
    _, token = factories.make_key(aurora, expires_at=expires_at)
    principals = gateway.engine.pipeline.principals

    assert gateway.run(principals.of(token, now=expires_at.timestamp() - 1))
    with pytest.raises(TokenInvalid):
        gateway.run(principals.of(token, now=expires_at.timestamp()))


def test_a_token_that_was_rejected_works_as_soon_as_it_exists(gateway, provider, aurora):
    key, token = factories.make_key(aurora)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    gateway.notice()
    assert gateway.chat(token).status == 401

    ApiKey.objects.filter(pk=key.pk).update(revoked_at=None)
    factories.make_key(aurora)  # any change at all moves the epoch
    gateway.notice()

    assert gateway.chat(token).status == 200


def test_another_active_model_answers_within_a_second(gateway, provider, aurora, token, upstream):
    assert gateway.chat(token).headers["x-axiom-model"] == "upstream-model"

    routing_of(aurora).set_active(provider.models.get(upstream_id="other-model"))
    gateway.notice()

    assert gateway.chat(token).headers["x-axiom-model"] == "other-model"


def test_another_credential_is_sent_with_the_next_request(gateway, provider, token, upstream):
    gateway.chat(token)

    Secret.objects.get().replace({"api_key": "sk-another"}, now=timezone.now())
    gateway.notice()
    gateway.chat(token)

    assert upstream.seen[-1].headers["authorization"] == "Bearer sk-another"


def test_a_change_is_noticed_without_anybody_telling(gateway, provider, monkeypatch):
    epochs, noticed = gateway.engine.epochs, threading.Event()
    monkeypatch.setattr(epochs, "_forget", noticed.set)

    Epoch.bump()

    assert noticed.wait(PATIENCE_S)


def test_a_known_call_asks_the_database_nothing(gateway, provider, token, monkeypatch):
    gateway.learn(token)
    gateway.be_still()
    asked = []

    with monkeypatch.context() as patch:
        patch.setattr(
            "django.db.backends.utils.CursorWrapper._execute_with_wrappers",
            lambda _self, sql, *_args, **_kwargs: asked.append(sql),
        )
        statuses = [gateway.chat(token, stream=stream).status for stream in (False, True)]

    assert statuses == [200, 200]
    assert asked == []


def test_a_rejected_token_is_looked_up_once(gateway, provider, monkeypatch):
    looked_up = []
    real = ApiKey.objects.with_token
    monkeypatch.setattr(
        "gateway.principals.ApiKey.objects.with_token",
        lambda token: looked_up.append(token) or real(token),
    )

    statuses = [gateway.chat(UNKNOWN).status for _ in range(3)]

    assert statuses == [401, 401, 401]
    assert len(looked_up) <= 2


def test_while_too_many_are_looked_up_known_tokens_go_on(gateway, provider, token, monkeypatch):
    gateway.learn(token)
    monkeypatch.setattr("gateway.principals._MOST_LOOK_UPS", 0)

    known, unknown = gateway.chat(token), gateway.chat(UNKNOWN)

    assert known.status == 200
    assert (unknown.status, unknown.error["code"]) == (503, "service_unavailable")
    assert unknown.headers["retry-after"] == "1"


def test_the_keys_page_learns_when_a_key_was_last_used(gateway, provider, aurora):
    key, token = factories.make_key(aurora)

    gateway.chat(token)
    gateway.settle()

    key.refresh_from_db()
    assert key.last_used_at is not None
