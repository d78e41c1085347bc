"""The tester says what a call would be told, and calls nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from providers.models import EgressRule
from providers.services.egress import verdict_on
from tests.factories import make_project

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "public.example.com": ["93.184.216.34"],
    "inside.example.com": ["10.0.0.7"],
    "mixed.example.com": ["2606:2800:220:1:248:1893:25c8:1946", "fd00::7"],
}


def resolver(host, _port):
    return ADDRESSES[host]


def test_a_public_address_is_allowed_and_named():
    verdict = verdict_on("https://public.example.com/v1", None, resolver=resolver)

    assert verdict.is_allowed
    assert verdict.address == "93.184.216.34 port 443"


@pytest.mark.parametrize("host", ["inside.example.com", "mixed.example.com"])
def test_a_private_address_among_the_answers_is_refused_with_the_reason(host):
    verdict = verdict_on(f"https://{host}/v1", None, resolver=resolver)

    assert not verdict.is_allowed
    assert verdict.reason


def test_a_rule_lets_its_own_project_through_and_no_other():
    project = make_project()
    EgressRule.objects.create(project=project, target="10.0.0.0/24", reason="GPU box")

    ours = verdict_on("https://inside.example.com", project, resolver=resolver)
    theirs = verdict_on("https://inside.example.com", make_project(), resolver=resolver)

    assert ours.is_allowed
    assert not theirs.is_allowed


def test_a_rule_for_one_port_opens_no_other():
    EgressRule.objects.create(target="inside.example.com", port=8443, reason="GPU box")

    assert verdict_on("https://inside.example.com:8443", None, resolver=resolver).is_allowed
    assert not verdict_on("https://inside.example.com", None, resolver=resolver).is_allowed


def test_the_command_says_so_in_a_shell():
    said = StringIO()

    call_command("test_egress", "http://127.0.0.1:11434/v1", stdout=said)

    assert "Allowed: it would be called at 127.0.0.1 port 11434." in said.getvalue()
    with pytest.raises(CommandError, match="Refused"):
        call_command("test_egress", "http://169.254.169.254/latest")
    with pytest.raises(CommandError, match="no project"):
        call_command("test_egress", "http://127.0.0.1", "--project", "nowhere")
