import pytest

from accounts.models import UserStatus
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

SIGN_IN = "/admin/login/"
PASSWORD = "a long enough password"


@pytest.fixture
def ada():
    return make_staff(email="ada@example.com", password=PASSWORD)


def sign_in(client, password=PASSWORD, email="ada@example.com"):
    return client.post(SIGN_IN, {"username": email, "password": password})


def test_a_person_signs_in_whatever_the_case_of_the_address(client, ada):
    assert sign_in(client, email="ADA@Example.com").status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_a_suspended_person_does_not(client, ada):
    ada.change(by=None, status=UserStatus.SUSPENDED)

    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("spelling", ["ada@example.com", "ADA@example.com", " Ada@Example.com "])
def test_guessing_passwords_is_stopped(client, ada, spelling):
    for _ in range(4):
        sign_in(client, "a wrong password")
    refused = sign_in(client, "a wrong password", email=spelling)

    locked = sign_in(client)

    assert refused.status_code == locked.status_code == 429
    assert "_auth_user_id" not in client.session


def test_guessing_one_password_does_not_lock_others_out(client, ada):
    make_staff(email="bob@example.com", password=PASSWORD)

    for _ in range(6):
        sign_in(client, "a wrong password")

    assert sign_in(client, email="bob@example.com").status_code == 302
