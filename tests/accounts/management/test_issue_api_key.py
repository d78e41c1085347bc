import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_admin(staff):
    return staff


def issue(*arguments):
    call_command("issue_api_key", "--name", "script", *arguments)


def test_the_token_and_nothing_else_is_printed(project, staff, capsys):
    issue("--project", "aurora")

    printed = capsys.readouterr()
    key = ApiKey.objects.with_token(printed.out.strip()).get()
    assert printed.out.count("\n") == 1
    assert printed.err == ""
    assert (key.project, key.name, key.created_by) == (project, "script", staff)
    assert (key.policy, key.expires_at) == (None, None)


def test_a_policy_narrows_the_key(project, tmp_path):
    policy = [{"effect": "Allow", "action": ["models:Invoke"], "resource": ["*"]}]
    (tmp_path / "policy.json").write_text(json.dumps(policy))

    issue("--project", "aurora", "--policy", str(tmp_path / "policy.json"))

    assert ApiKey.objects.get().policy == policy


def test_a_key_may_end(project):
    issue("--project", "aurora", "--expires-days", "7")

    end = ApiKey.objects.get().expires_at
    assert end is not None
    assert timedelta(days=6) < end - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--project", "nowhere"], "There is no project nowhere. There is: aurora"),
        (["--project", "aurora", "--expires-days", "0"], "a number of days from 1"),
        (["--project", "aurora", "--policy", "missing.json"], "can't be read"),
        (["--project", "aurora", "--policy", "broken.json"], "is not JSON"),
        (["--project", "aurora", "--policy", "object.json"], "A policy is a list"),
        (["--project", "aurora", "--policy", "typo.json"], "There is no action models:Invoked"),
    ],
)
def test_what_does_not_do_is_said_and_no_key_is_made(
    project, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    typo = [{"effect": "Allow", "action": ["models:Invoked"], "resource": ["*"]}]
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "object.json").write_text("{}")
    (tmp_path / "typo.json").write_text(json.dumps(typo))

    with pytest.raises(CommandError, match=said) as refusal:
        issue(*arguments)

    assert refusal.value.returncode == 1
    assert not ApiKey.objects.exists()


def test_an_archived_project_gets_no_key(project, owner):
    project.archive(by=owner)

    with pytest.raises(CommandError, match="active project"):
        issue("--project", "aurora")


def test_without_an_administrator_the_way_out_is_said(project, staff):
    staff.suspend(by=None)

    with pytest.raises(CommandError, match="no administrator yet"):
        issue("--project", "aurora")
