"""Authenticator apps and recovery codes: set up once, asked for at each sign-in, sealed at rest."""

import re
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.test import Client

from accounts.models import AuditEvent, SignInSecret
from foundation.crypto import CannotOpen
from foundation.crypto.registry import EncryptedField, encrypted_fields
from tests.accounts.sso.conftest import INSIDE, PASSWORD, code_of, confirmed, enter, set_up_app
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

APP = "/sign-in/mine/app/"
CODES = "/sign-in/mine/codes/"
SECOND_STEP = "/sign-in/second-step/"


def second_step(client, code):
    return client.post(SECOND_STEP, {"code": code})


def shown_codes(client):
    return client.get(CODES).context["unused_codes"]


def test_without_a_second_step_the_password_is_enough(ada):
    client, answer = enter()

    assert answer.headers["Location"] == "/admin/"
    assert client.get(INSIDE).status_code == 200


def test_with_an_app_the_password_is_half_the_way(ada):
    set_up_app(confirmed())

    client, answer = enter()

    assert answer.headers["Location"] == SECOND_STEP
    assert client.get(INSIDE).status_code == 302


def test_the_apps_next_code_is_the_other_half(ada):
    secret = set_up_app(confirmed())
    client, _ = enter()

    answer = second_step(client, code_of(secret, periods=1))

    assert answer.headers["Location"] == "/admin/"
    assert client.get(INSIDE).status_code == 200


def test_after_both_steps_one_stands_where_one_wanted_to_go(ada):
    secret = set_up_app(confirmed())
    client = Client()
    where = "/admin/providers/secret/"
    client.post(
        f"/admin/login/?next={where}",
        {"username": ada.email, "password": PASSWORD, "next": where},
    )

    assert second_step(client, code_of(secret, periods=1)).headers["Location"] == where


def test_a_code_works_once(ada):
    secret = set_up_app(confirmed())
    code = code_of(secret, periods=1)
    second_step(enter()[0], code)

    answer = second_step(enter()[0], code)

    assert answer.status_code == 200
    assert "used already" in answer.content.decode()


def test_guessing_codes_is_stopped(ada):
    secret = set_up_app(confirmed())
    client, _ = enter()
    for _ in range(10):
        answer = second_step(client, "000000")

    assert "Too many wrong codes." in answer.content.decode()
    assert "Too many" in second_step(client, code_of(secret, periods=1)).content.decode()


def test_the_second_step_can_not_be_taken_without_the_first(ada):
    secret = set_up_app(confirmed())

    answer = second_step(Client(), code_of(secret, periods=1))

    assert answer.headers["Location"] == "/sign-in/"


def test_setting_up_asks_for_the_password_again(ada):
    client, _ = enter()

    assert client.get(APP).headers["Location"] == f"/sign-in/again/?next={quote(APP, safe='')}"
    assert client.post("/sign-in/again/", {"password": "wrong"}).status_code == 200
    assert client.get(APP).status_code == 302


def test_guessing_the_password_there_counts_as_everywhere(ada):
    client, _ = enter()
    for _ in range(5):
        answer = client.post("/sign-in/again/", {"password": "wrong"})

    assert answer.status_code == 429


def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret(ada):
    client = confirmed()
    secret = client.get(APP).context["form"].secret

    answer = client.post(APP, {"code": "000000"})

    assert answer.context["form"].secret == secret
    assert not Authenticator.objects.exists()


def test_the_secret_is_sealed_in_the_session_and_in_the_records(ada):
    client = confirmed()
    secret = client.get(APP).context["form"].secret
    waiting = client.session[SECRET_SESSION_KEY]

    client.post(APP, {"code": code_of(secret)})
    kept = Authenticator.objects.get(type="totp").data["secret"]

    assert secret not in waiting
    assert SECRET_SESSION_KEY not in client.session
    assert kept.startswith("sis_")
    assert SignInSecret.objects.get(public_id=kept).open() == secret
    assert {EncryptedField("accounts.SignInSecret", "ciphertext")} <= set(encrypted_fields())


def test_a_sealed_secret_opens_for_its_owner_alone(ada):
    set_up_app(confirmed())
    secret = SignInSecret.objects.first()
    secret.user = make_staff()

    with pytest.raises(CannotOpen):
        secret.open()


def test_recovery_codes_are_shown_once_and_each_works_once(ada):
    client = confirmed()
    set_up_app(client)

    codes, again = shown_codes(client), shown_codes(client)
    first, second = (second_step(enter()[0], codes[0]) for _ in range(2))

    assert len(set(codes)) == 10
    assert set(again) == {"****"}
    assert first.headers["Location"] == "/admin/"
    assert second.status_code == 200


def test_new_recovery_codes_end_the_old_ones(ada):
    client = confirmed()
    set_up_app(client)
    old = shown_codes(client)

    client.post(f"{CODES}new/")
    new = shown_codes(client)

    assert set(old).isdisjoint(new)
    assert second_step(enter()[0], old[0]).status_code == 200
    assert second_step(enter()[0], new[0]).status_code == 302


def test_removing_the_app_forgets_all_that_was_sealed(ada):
    client = confirmed()
    set_up_app(client)

    answer = client.post(f"{APP}remove/")

    assert answer.headers["Location"] == "/sign-in/mine/"
    assert not Authenticator.objects.exists()
    assert not SignInSecret.objects.exists()


def test_the_audit_tells_what_was_set_up_and_removed(ada, django_capture_on_commit_callbacks):
    client = confirmed()
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    client.post(f"{APP}remove/")

    told = [event.after["signIn"] for event in AuditEvent.objects.filter(action="users:UpdateUser")]

    assert sorted(told) == [
        "authenticator app added",
        "authenticator app removed",
        "recovery codes added",
        "recovery codes removed",
    ]


def test_a_door_that_asks_for_the_password_alone_leads_nowhere(ada):
    """An invitation's page signs people in by password."""
    set_up_app(confirmed())
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.get(INSIDE, follow=True)

    assert "This account has a second step" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_suspended_person_is_turned_away_before_the_second_step(ada):
    secret = set_up_app(confirmed())
    client, _ = enter()
    ada.suspend(by=None)

    assert "_auth_user_id" not in enter()[0].session
    second_step(client, code_of(secret, periods=1))
    assert client.get(INSIDE).status_code == 302


@pytest.fixture
def strict(settings):
    settings.SSO_STAFF_NEED_SECOND_STEP = True


def test_staff_who_owe_a_second_step_set_it_up_first(strict):
    make_staff(email="sam@example.com", password=PASSWORD)
    client = confirmed("sam@example.com")

    before = client.get("/admin/accounts/user/")
    over_rest = client.get("/api/v1/ai-providers")
    set_up_app(client)

    assert before.headers["Location"] == "/sign-in/mine/"
    assert over_rest.status_code == 403
    assert over_rest.json()["error"]["code"] == "FORBIDDEN"
    assert client.get("/admin/accounts/user/").status_code == 200


def test_members_do_not_owe_one(strict, ada):
    assert enter()[0].get(INSIDE).status_code == 200


def test_staff_who_owe_one_may_sign_out(strict):
    make_staff(email="sam@example.com", password=PASSWORD)
    client, _ = enter("sam@example.com")

    client.post("/admin/logout/")

    assert "_auth_user_id" not in client.session


def test_pages_about_ones_sign_in_ask_who_is_there():
    for page in ("mine/", "mine/app/", "mine/codes/", "mine/passkeys/add/", "again/"):
        assert "login" in Client().get(f"/sign-in/{page}", follow=True).redirect_chain[-1][0]


def test_another_persons_passkey_is_not_there(ada):
    other = make_staff()
    theirs = Authenticator.objects.create(user=other, type="webauthn", data={"name": "Theirs"})
    client = confirmed()

    for page in ("", "remove/"):
        where = f"/sign-in/mine/passkeys/{theirs.pk}/{page}"
        assert client.get(where).status_code == client.post(where).status_code == 404


def test_its_pages_stand_in_the_frame_and_carry_no_script_of_their_own(ada):
    client = confirmed()
    set_up_app(client)
    pages = {
        "mine/": "Second step and passkeys",
        "mine/app/remove/": "Remove the authenticator app",
        "mine/codes/": "Recovery codes",
        "mine/codes/new/": "New recovery codes",
        "mine/passkeys/add/": "Add a passkey",
    }

    for page, title in pages.items():
        said = client.get(f"/sign-in/{page}").content.decode()
        assert f'<h1 id="page-title">{title}' in said, page
        assert not re.search(r"<script(?![^>]*\bsrc=)", said), page
        assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", said), page
