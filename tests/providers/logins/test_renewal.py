"""Tokens renewed before they end: by one process, stored before they are used."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models.notice import Notice
from providers import login_tasks
from providers.kinds.vocabulary import ErrorClass
from providers.models import Login, ProviderModel
from providers.models.signing_in import SignInNeeded, TokenExpired
from providers.services import connections
from providers.services.logins import renewal
from tests.providers.logins.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(server, provider):
    return signed_in(server, provider)


def expired(login):
    """Let the access token have run out."""
    past = timezone.now() - timedelta(seconds=1)
    Login.objects.filter(pk=login.pk).update(good_until=past, renew_at=past)
    return Login.objects.with_provider().get(pk=login.pk)


def tokens_of(login):
    return Login.objects.get(pk=login.pk).opened(purpose="test", now=timezone.now())


def test_a_token_that_has_run_out_is_never_given(login):
    old = expired(login)

    with pytest.raises(TokenExpired):
        old.access(now=timezone.now())


def test_a_renewal_stores_both_tokens_and_moves_the_version(server, login):
    before = tokens_of(login)

    renewed = renewal.fresh(expired(login))

    after = tokens_of(login)
    assert renewed.version == login.version + 1
    assert not set(before.secrets) & set(after.secrets)
    assert after.refresh_token in server.refresh_tokens
    assert renewed.access(now=timezone.now()) == {"access_token": after.access_token}


def test_a_server_that_gives_no_new_refresh_token_keeps_the_old_one_in_force(server, login):
    before = tokens_of(login)
    server.answers = [(200, {"access_token": "next", "token_type": "bearer", "expires_in": "60"})]

    renewal.fresh(expired(login))

    assert tokens_of(login).refresh_token == before.refresh_token


def test_a_good_token_is_not_renewed(server, login):
    renewal.fresh(login)

    assert server.grants("refresh_token") == []


def test_who_comes_later_takes_what_the_first_one_brought(server, login):
    old = expired(login)
    renewal.fresh(old)

    renewed = renewal.fresh(old)

    assert renewed.version == login.version + 1
    assert len(server.grants("refresh_token")) == 1


def test_a_late_answer_does_not_overwrite_a_newer_login(server, login):
    old = expired(login)
    signed_in(server, login.provider)
    current = tokens_of(login)

    assert not old.store_renewal(current, now=timezone.now())
    assert tokens_of(login) == current


def test_a_crash_between_receiving_and_committing_is_told_as_what_it_is(server, login, monkeypatch):
    """A server that rotates has spent the old token: only signing in again helps."""
    monkeypatch.setattr(renewal, "_stored", killed)
    with pytest.raises(KeyboardInterrupt):
        renewal.fresh(expired(login))
    monkeypatch.undo()
    after_lease = timezone.now() + timedelta(seconds=21)

    with pytest.raises(SignInNeeded, match="token was used"):
        renewal.renew(expired(login), clock=lambda: after_lease)

    provider = login.provider
    provider.refresh_from_db()
    assert provider.health == "invalid_key"
    assert provider.models.get().test_status == "error"
    assert provider.needs_sign_in


def killed(*_args, **_more):
    raise KeyboardInterrupt


def test_a_crash_loses_nothing_at_a_server_that_takes_the_token_again(server, login, monkeypatch):
    server.rotates = False
    monkeypatch.setattr(renewal, "_stored", killed)
    with pytest.raises(KeyboardInterrupt):
        renewal.fresh(expired(login))
    monkeypatch.undo()
    after_lease = timezone.now() + timedelta(seconds=21)

    renewed = renewal.renew(expired(login), clock=lambda: after_lease)

    assert renewed.version == login.version + 1


def test_a_database_that_is_away_for_a_moment_loses_no_token(server, login, monkeypatch):
    commit, failures = renewal._commit, [OperationalError("gone"), OperationalError("gone")]

    def unsteady(*args, **more):
        if failures:
            raise failures.pop()
        return commit(*args, **more)

    monkeypatch.setattr(renewal, "_commit", unsteady)
    monkeypatch.setattr(renewal.time, "sleep", lambda _s: None)

    renewal.fresh(expired(login))

    assert tokens_of(login).refresh_token in server.refresh_tokens


def test_a_refused_grant_stops_the_provider_until_somebody_signs_in(server, login):
    server.revoke()

    with pytest.raises(SignInNeeded):
        renewal.fresh(expired(login))

    model = ProviderModel.objects.with_provider().get()
    outcome = connections.ask(model, now=timezone.now())
    assert outcome.error_class is ErrorClass.INVALID_KEY
    assert "Renew its token" in outcome.message
    assert len(server.grants("refresh_token")) == 1
    again = signed_in(server, login.provider)
    assert again.pk == login.pk
    assert login.provider.models.get().test_status == "untested"


def test_one_refusal_is_one_notice_to_who_answers_for_the_project(server, login, owner):
    server.revoke()
    for _ in range(2):
        with pytest.raises(SignInNeeded):
            renewal.fresh(expired(login))

    (notice,) = Notice.objects.filter(project=login.provider.project)
    assert (notice.topic, notice.about) == ("logins", login.provider.public_id)
    assert "needs somebody to sign in again" in notice.message
    assert Notice.objects.unread_by(owner).get() == notice

    again = signed_in(server, login.provider)
    server.revoke()
    with pytest.raises(SignInNeeded):
        renewal.fresh(expired(again))
    assert Notice.objects.count() == 2


def test_trouble_of_the_server_leaves_the_login_as_it_is(server, login):
    server.answers = [(503, {})]

    with pytest.raises(renewal.RenewalFailed):
        renewal.fresh(expired(login))
    with pytest.raises(renewal.RenewalFailed):  # at once, without another call
        renewal.fresh(expired(login))

    assert len(server.grants("refresh_token")) == 1
    after = Login.objects.get(pk=login.pk)
    assert (after.refused_at, after.lease_until) == (None, None)


def test_a_login_without_a_refresh_token_ends_with_its_access_token(server, login):
    Login.objects.filter(pk=login.pk).update(can_renew=False)

    with pytest.raises(SignInNeeded, match="no refresh token"):
        renewal.fresh(expired(login))


def test_the_schedule_tells_once_of_a_login_that_nothing_renews(server, login):
    now = timezone.now()
    Login.objects.filter(pk=login.pk).update(can_renew=False, renew_at=now)
    assert not Login.objects.due(now=now).exists()
    login_tasks.renew_login(login_id=login.pk)
    assert not Login.objects.get(pk=login.pk).refused_at

    expired(login)
    for _ in range(2):
        login_tasks.renew_login(login_id=login.pk)

    assert "no refresh token" in Notice.objects.get().message
    assert not Login.objects.due(now=timezone.now()).exists()
    assert server.grants("refresh_token") == []


def test_the_schedule_renews_what_ends_soon(server, login):
    soon = timezone.now() + timedelta(minutes=50, seconds=30)
    assert Login.objects.due(now=soon).get() == login
    Login.objects.filter(pk=login.pk).update(renew_at=timezone.now())

    login_tasks.renew_login(login_id=login.pk)
    login_tasks.renew_login(login_id=login.pk)

    assert len(server.grants("refresh_token")) == 1


def test_a_token_that_the_provider_minds_is_renewed_once_it_is_not_new(login):
    now = timezone.now()
    renewal.distrust(login.provider_id, token_of=login.good_until, now=now)
    assert Login.objects.get(pk=login.pk).good_until == login.good_until

    renewal.distrust(login.provider_id, token_of=login.good_until, now=now + timedelta(minutes=2))
    assert Login.objects.get(pk=login.pk).good_until == now + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("seconds", "spare", "ahead"), [(3600, 30, 600), (600, 30, 300), (60, 6, 30), (10, 2, 5)]
)
def test_a_token_is_let_go_of_a_little_before_it_ends(server, provider, seconds, spare, ahead):
    server.expires_in = seconds

    login = signed_in(server, provider)

    assert login.expires_at - login.good_until == timedelta(seconds=spare)
    assert login.expires_at - login.renew_at == timedelta(seconds=ahead)
