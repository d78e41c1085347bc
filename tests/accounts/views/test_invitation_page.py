"""The page behind an invitation's link, for everybody who might open it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Invitation, Role, Throttle, User
from tests.factories import make_invitation, make_user

pytestmark = pytest.mark.django_db

PAGE = "/invitation/"
EMAIL = "new@example.com"
PASSWORD = "a long enough password"
FORM = {"name": "Nia", "password": PASSWORD}


@pytest.fixture
def link(project):
    _, token = make_invitation(project, email=EMAIL, role=Role.EDITOR)
    return f"{PAGE}?token={token}"


def test_the_token_leaves_the_address_and_is_kept_nowhere(client, link):
    answer = client.get(link)

    assert answer.headers["Location"] == PAGE
    assert link.rpartition("=")[2] not in str(dict(client.session))
    shown = client.get(PAGE)
    assert "Join Aurora" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]


def test_a_newcomer_sets_name_and_password_and_is_in(client, link, project):
    client.get(link)

    answer = client.post(PAGE, FORM, follow=True)

    nia = User.objects.get(email=EMAIL)
    assert (nia.name, project.role_of(nia)) == ("Nia", Role.EDITOR)
    assert nia.check_password(PASSWORD)
    assert "You are in “Aurora” now, as editor." in answer.content.decode()


@pytest.mark.parametrize("password", ["short", "password", EMAIL])
def test_a_password_that_does_not_do_is_said_at_its_field(client, link, password):
    client.get(link)

    answer = client.post(PAGE, {"name": "Nia", "password": password})

    assert answer.status_code == 422
    assert 'id="id_password_error"' in answer.content.decode()
    assert 'value="Nia"' in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_somebody_with_an_account_enters_its_password(client, link, project):
    person = make_user(email=EMAIL, password=PASSWORD)
    client.get(link)

    wrong = client.post(PAGE, {"password": "a wrong password"})
    right = client.post(PAGE, {"password": PASSWORD})

    assert "not the password" in wrong.content.decode()
    assert right.status_code == 302
    assert project.role_of(person) == Role.EDITOR
    assert client.session["_auth_user_id"] == str(person.pk)


def test_whoever_is_signed_in_joins_with_one_button(browse, link, project):
    person = make_user(email=EMAIL)
    browser = browse(person)
    browser.get(link)

    assert "<button" in browser.get(PAGE).content.decode()
    browser.post(PAGE)

    assert project.role_of(person) == Role.EDITOR


def test_the_wrong_account_is_told_so_and_can_sign_out(browse, link, project, stranger):
    browser = browse(stranger)
    browser.get(link)

    shown = browser.get(PAGE)
    pressed = browser.post(PAGE)
    browser.post(PAGE, {"_sign_out": "1"})

    assert shown.status_code == pressed.status_code == 409
    assert f"you are signed in as <b>{stranger.email}</b>" in shown.content.decode()
    assert project.role_of(stranger) is None
    assert "_auth_user_id" not in browser.session
    assert "Join Aurora" in browser.get(PAGE).content.decode()


def test_a_suspended_account_does_not_come_in(client, link):
    make_user(email=EMAIL, status="suspended")
    client.get(link)

    answer = client.post(PAGE, FORM)

    assert answer.status_code == 403
    assert "suspended" in answer.content.decode()


@pytest.mark.parametrize(
    ("end", "words"),
    [("revoked", "taken back"), ("expired", "has expired"), ("used", "accepted already")],
)
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_closed_link_says_why(client, link, end, words, is_kept):
    if is_kept:
        client.get(link)
    invitation, now = Invitation.objects.get(), timezone.now()
    if end == "revoked":
        invitation.revoke(by=None, at=now)
    elif end == "expired":
        Invitation.objects.update(expires_at=now - timedelta(minutes=1))
    else:
        invitation.accept(make_user(email=EMAIL), now=now)

    answer = client.post(PAGE, FORM) if is_kept else client.get(link)

    assert answer.status_code == 410
    assert words in answer.content.decode()


def test_the_link_of_an_earlier_mail_opens_nothing(client, link, owner):
    client.get(link)
    Invitation.objects.get().resend(by=owner, now=timezone.now())

    for where in (PAGE, link):
        answer = client.get(where)
        assert answer.status_code == 410
        assert "This link opens nothing" in answer.content.decode()


def test_guessing_links_is_stopped_and_the_right_one_is_not(client, link):
    answers = [client.get(f"{PAGE}?token=axi_{number}").status_code for number in range(21)]

    assert answers == [410] * 20 + [429]
    assert client.get(link).status_code == 302
    assert Throttle.objects.get(scope="invitation").tries == 21


def test_guessing_the_password_there_is_throttled_like_the_sign_in(client, link):
    make_user(email=EMAIL, password=PASSWORD)
    client.get(link)
    for _ in range(5):
        client.post(PAGE, {"password": "a wrong password"})

    assert client.post(PAGE, {"password": PASSWORD}).status_code == 429
