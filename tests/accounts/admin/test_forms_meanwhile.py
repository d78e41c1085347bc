"""Two people and one row: who saves second is told, keeps what they typed, and may replace it."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role
from gateway.models import Agent, Cronjob, Limit, Model
from providers.models import Secret
from tests.factories import (
    make_agent,
    make_cronjob,
    make_limit,
    make_member,
    make_model,
    make_provider,
    make_secret,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Form:
    """One form: where it is, what it sends, what somebody stores meanwhile, what it would make."""

    where: str
    typed: dict[str, str]
    rows: Any
    theirs: dict[str, object]
    field: str


def address(page, *ids):
    return reverse(f"admin:{page}", args=ids)


def of_agent(project):
    agent, _ = make_agent(project, name="Before")
    typed = {"name": "Mine", "project": project.public_id, "agent_type": "custom"}
    where = address("gateway_agent_edit", agent.public_id)
    return Form(where, typed | {"routing": "inherit"}, Agent.objects, {"name": "Theirs"}, "name")


def of_limit(project):
    limit = make_limit(project, measure="requests_per_minute", amount=10)
    where = address("gateway_limit_edit", limit.public_id)
    typed = {"name": "Mine", "amount": "10"}
    return Form(where, typed, Limit.objects, {"amount": 20}, "name")


def of_cronjob(project):
    job = make_cronjob(project, name="Before")
    where = address("gateway_cronjob_edit", job.public_id)
    shown = {"schedule": job.schedule, "time_zone": job.time_zone, "prompt": "Mine"}
    typed = shown | {"name": job.name, "project": project.public_id, "pin_policy": "default"}
    typed |= {"overlap": "skip"}
    return Form(where, typed, Cronjob.objects, {"prompt": "Theirs"}, "prompt")


def of_facade(project):
    model = make_model(project, make_provider(project).models.get(), slug="before")
    backend = model.backends.get()
    typed = {
        "slug": "before",
        "name": "Mine",
        "kind": "chat",
        "rows": "1",
        "b0-provider_model": backend.provider_model.public_id,
        "b0-priority": "1",
        "b0-weight": "1",
    }
    where = address("gateway_model_edit", model.public_id)
    return Form(where, typed, Model.objects, {"name": "Theirs"}, "name")


def of_expiry(project):
    secret = make_secret(project)
    where = address("providers_secret_expiry", secret.public_id)
    theirs = {"expires_at": "2030-01-01T00:00:00Z"}
    return Form(where, {"expires_on": "2031-01-01"}, Secret.objects, theirs, "expires_at")


def of_value(project):
    secret = make_secret(project)
    where = address("providers_secret_replace", secret.public_id)
    typed = {"api_key": "sk-mine-0123456789abcdef"}
    theirs = {"value_updated_at": "2026-01-01T00:00:00Z"}
    return Form(where, typed, Secret.objects, theirs, "prefix")


def of_role(project):
    member = make_member(project, Role.VIEWER)
    where = address("accounts_membership_role", project.public_id, member.public_id)
    rows = Membership._base_manager.filter(user=member)
    return Form(where, {"role": "editor"}, rows, {"role": "admin"}, "role")


@pytest.fixture
def browser(owner):
    signed_in = Client()
    signed_in.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return signed_in


def seen_in(answer):
    return re.search(r'name="seen" value="(\w+)"', answer.text).group(1)


@pytest.mark.parametrize(
    "make", [of_agent, of_limit, of_cronjob, of_facade, of_expiry, of_value, of_role]
)
def test_who_saves_second_is_told_first_and_may_replace_it(browser, project, make):
    form = make(project)
    opened = {"seen": seen_in(browser.get(form.where)), "dialog": "1"} | form.typed
    form.rows.update(**form.theirs)
    theirs = form.rows.values_list(form.field, flat=True).get()

    told = browser.post(form.where, opened, headers=HTMX)
    kept = form.rows.values_list(form.field, flat=True).get()
    again = browser.post(form.where, opened | {"seen": seen_in(told)}, headers=HTMX)

    assert told.status_code == 409
    assert "Somebody changed this while you were editing it." in told.text
    assert kept == theirs
    assert again.status_code == 200, again.text
    assert form.rows.values_list(form.field, flat=True).get() != theirs


def test_a_form_that_nobody_overtook_is_saved(browser, project):
    form = of_agent(project)
    seen = seen_in(browser.get(form.where))

    browser.post(form.where, {"seen": seen, "dialog": "1"} | form.typed, headers=HTMX)

    assert Agent.objects.get().name == "Mine"
