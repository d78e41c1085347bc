"""The whole way through an identity provider that answers as told, and back."""

from base64 import b64encode
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import responses
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts.sso.calls import ProviderAway, Session
from tests.accounts.sso.conftest import INSIDE, PASSWORD, code_of, confirmed, set_up_app
from tests.canary.stores import stored
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

ISSUER = "http://127.0.0.1:9"
BEGIN = "/sign-in/with/company/"
BACK = "/sign-in/with/company/back/"
ACCESS_TOKEN = "the-access-token"


@pytest.fixture
def provider():
    """An identity provider; `told` is what it says of whoever comes."""
    told = {"sub": "248289761001", "email": "ada@example.com", "email_verified": True}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.get(
            f"{ISSUER}/.well-known/openid-configuration",
            json={
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/me",
                "jwks_uri": f"{ISSUER}/jwks",
            },
        )
        mocked.get(f"{ISSUER}/me", json=told)
        yield Provider(mocked, told)


class Provider:
    def __init__(self, mocked, told):
        self.mocked = mocked
        self.told = told

    def tells(self, id_token=None, **claims):
        self.told |= claims
        self.mocked.replace(responses.GET, f"{ISSUER}/me", json=self.told)
        now = int(timezone.now().timestamp())
        token = {
            "iss": ISSUER,
            "aud": "axiom",
            "iat": now,
            "exp": now + 60,
            "sub": self.told["sub"],
        }
        signed = jwt.encode(token | (id_token or {}), "k" * 32, algorithm="HS256")
        answer = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": signed}
        self.mocked.upsert(responses.POST, f"{ISSUER}/token", json=answer)
        return signed


def come(provider, client=None, **begin):
    """Press the button, and come back with a code."""
    client = client or Client()
    sent = client.post(BEGIN, begin)
    asked = {
        name: values[0]
        for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()
    }
    return client, asked, client.get(BACK, {"code": "c0de", "state": asked["state"]}, follow=True)


def test_the_sign_in_page_offers_it_and_lets_its_form_lead_there(client):
    answer = client.get("/admin/login/")

    assert "Sign in with your company" in answer.content.decode()
    assert f"form-action 'self' {ISSUER};" in answer.headers["Content-Security-Policy"] + ";"


def test_whoever_is_known_signs_in_and_is_known_by_the_subject_from_then_on(ada, provider):
    provider.tells()
    come(provider)
    provider.tells(email="renamed@example.com")

    client, asked, answer = come(provider)

    assert client.session["_auth_user_id"] == str(ada.pk)
    assert answer.status_code == 200
    assert asked["code_challenge_method"] == "S256"
    account = SocialAccount.objects.get()
    assert (account.uid, account.extra_data) == ("248289761001", {})


def test_afterwards_one_stands_where_one_wanted_to_go(ada, provider):
    provider.tells()

    _, _, answer = come(provider, next="/admin/providers/secret/")

    assert answer.redirect_chain[-1][0] == "/admin/providers/secret/"


@pytest.mark.parametrize("onward", ["https://evil.example.com/", "//evil.example.com/"])
def test_it_leads_nowhere_else(ada, provider, onward):
    provider.tells()

    _, _, answer = come(provider, next=onward)

    assert [where for where, _ in answer.redirect_chain if "evil" in where] == []


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_unchecked_address_is_refused_in_words(ada, provider, verified):
    provider.tells(email_verified=verified)

    client, _, answer = come(provider)

    assert "_auth_user_id" not in client.session
    assert "has checked your email address" in answer.content.decode()
    assert not SocialAccount.objects.exists()


def test_a_stranger_is_refused_in_words(provider, project):
    provider.tells(email="stranger@example.com")

    client, _, answer = come(provider)

    assert "Nobody has invited stranger@example.com yet" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_suspended_person_who_came_before_is_refused(ada, provider):
    provider.tells()
    come(provider)
    ada.suspend(by=None)

    client, _, answer = come(provider)

    assert "This account is suspended" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_provider_that_speaks_of_two_people_is_not_believed(ada, provider):
    provider.tells(id_token={"sub": "somebody else"})

    client, _, answer = come(provider)

    assert "contradicts itself" in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "wrong", [{"aud": "another"}, {"iss": "https://evil.example.com"}, {"exp": 1}]
)
def test_a_token_that_was_made_for_others_is_not_believed(ada, provider, wrong):
    provider.tells(id_token=wrong)

    client, _, answer = come(provider)

    assert "did not work" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_answer_to_a_question_that_nobody_asked_is_refused(ada, provider):
    provider.tells()

    answer = Client().get(BACK, {"code": "c0de", "state": "invented"}, follow=True)

    assert "did not work" in answer.content.decode()


def test_stopping_at_the_provider_is_told(ada, provider):
    client = Client()
    sent = client.post(BEGIN)
    state = parse_qs(urlsplit(sent.headers["Location"]).query)["state"][0]

    answer = client.get(BACK, {"error": "access_denied", "state": state}, follow=True)

    assert "You stopped signing in with your company." in answer.content.decode()


def test_a_link_does_not_begin_it(client):
    assert client.get(BEGIN).status_code == 405
    assert client.post("/sign-in/with/another/").status_code == 404


@pytest.mark.parametrize(
    "told", [{"status": 503}, {"body": "<html>"}, {"json": {}}, {"json": []}, {"body": OSError()}]
)
def test_a_provider_that_is_away_is_told(client, told):
    with responses.RequestsMock() as mocked:
        mocked.get(f"{ISSUER}/.well-known/openid-configuration", **told)

        answer = client.post(BEGIN, follow=True)

    assert "your company does not answer as it should" in answer.content.decode()


def test_a_second_step_is_asked_for_all_the_same(ada, provider):
    secret = set_up_app(confirmed())
    provider.tells()

    client, _, answer = come(provider)
    half_way = client.get(INSIDE).status_code
    client.post("/sign-in/second-step/", {"code": code_of(secret, periods=1)})

    assert answer.redirect_chain[-1][0] == "/sign-in/second-step/"
    assert half_way == 302
    assert client.get(INSIDE).status_code == 200


def test_nobody_joins_their_account_to_another_persons_identity(ada, provider):
    provider.tells(email="boss@example.com", sub="boss")
    make_staff(email="boss@example.com", password=PASSWORD)
    client = confirmed()

    come(provider, client, process="connect")

    assert not SocialAccount.objects.exists()


def test_nothing_of_what_the_provider_gave_is_kept_or_told(ada, provider, caplog, capsys):
    id_token = provider.tells(picture="https://example.com/picture-of-ada")

    _, _, answer = come(provider)

    kept = " ".join(text for _, text in stored())
    said = answer.content.decode() + caplog.text + "".join(capsys.readouterr())
    secret = django_settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["secret"]
    for value in (id_token, ACCESS_TOKEN, secret, "picture-of-ada"):
        assert value not in kept
        assert value not in said
    assert not SocialToken.objects.exists()


@pytest.mark.parametrize(("told", "comes_in"), [({}, True), ({"email_verified": False}, False)])
def test_silence_of_an_address_is_trusted_only_where_that_is_set(
    ada, provider, settings, told, comes_in
):
    settings.OIDC_TRUSTS_EMAIL = True
    del provider.told["email_verified"]
    provider.tells(**told)

    client, _, _ = come(provider)

    assert ("_auth_user_id" in client.session) is comes_in


def test_silence_of_an_address_is_refused_by_itself(ada, provider):
    del provider.told["email_verified"]
    provider.tells()

    client, _, answer = come(provider)

    assert "_auth_user_id" not in client.session
    assert "has checked your email address" in answer.content.decode()


def test_the_issuer_is_called_on_a_private_network_too(settings, monkeypatch):
    """Whoever runs the installation named it; what its document names has the policy to pass."""
    settings.EGRESS_ALLOW_LOOPBACK = False
    with responses.RequestsMock() as mocked:
        mocked.get(f"{ISSUER}/here", json={"is": "there"})

        assert Session().get(f"{ISSUER}/here").json() == {"is": "there"}
        with pytest.raises(ProviderAway, match=r"this machine|loopback"):
            Session().get("http://127.0.0.1:10/elsewhere")


def test_a_redirect_of_the_provider_is_not_followed(client):
    with responses.RequestsMock() as mocked:
        mocked.get(
            f"{ISSUER}/.well-known/openid-configuration",
            status=302,
            headers={"Location": "http://169.254.169.254/latest/"},
        )

        answer = client.post(BEGIN, follow=True)

    assert "your company does not answer as it should" in answer.content.decode()


def test_a_secret_goes_in_the_header_where_the_provider_wants_it_there():
    with responses.RequestsMock() as mocked:
        mocked.post(f"{ISSUER}/token", json={})
        pair = SimpleNamespace(username="axiom", password="pass:word")

        Session().request("POST", f"{ISSUER}/token", data={"code": "c0 de"}, auth=pair)

        sent = mocked.calls[0].request
    assert sent.headers["authorization"] == f"Basic {b64encode(b'axiom:pass:word').decode()}"
    assert sent.body == b"code=c0+de"
