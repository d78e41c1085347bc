"""Who may press what on the pages of secrets, keys, egress, the catalog and people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.permissions import declared_for_url
from providers import tasks
from providers.models import EgressRule
from tests.factories import make_invitation, make_key, make_secret, make_user

pytestmark = pytest.mark.django_db

READERS = ("viewer", "editor", "admin", "owner", "staff", "stranger")
DONE = (200, 204, 302)
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Press:
    """One button or form: its page, what it is about, what it sends, and the right it needs."""

    page: str
    about: str = ""
    sends: Mapping[str, str] = field(default_factory=dict)

    def opens_for(self, reader: str) -> bool:
        if reader in {"staff", "stranger"}:
            return reader == "staff"
        asked = declared_for_url(f"admin:{self.page}").permissions
        changing = [row for row in asked if not row.is_read] or asked
        return all(row.is_held_by(Role(reader)) for row in changing)


PRESSES = (
    Press("providers_secret_expiry", "secret", {"expires_on": "2031-01-01"}),
    Press("providers_secret_replace", "secret", {"api_key": "sk-new-0123456789abcdef"}),
    Press("providers_secret_delete", "secret"),
    Press(
        "accounts_apikey_add",
        sends={"name": "Script", "project": "project", "rights": "everything"},
    ),
    Press("accounts_apikey_revoke", "key"),
    Press("providers_egressrule_tester", sends={"url": "https://api.openai.com"}),
    Press("providers_egressrule_add", sends={"target": "10.0.0.9", "reason": "Ours"}),
    Press("providers_egressrule_change", "rule", {"target": "10.0.0.8", "reason": "Ours"}),
    Press("providers_egressrule_delete", "rule", {"post": "yes"}),
    Press("providers_catalogentry_sync"),
    Press("accounts_user_suspend", "person"),
    Press("accounts_user_reactivate", "person"),
    Press("accounts_user_delete", "person", {"post": "yes"}),
    Press("accounts_invitation_resend", "invitation"),
    Press("accounts_invitation_revoke", "invitation"),
)


@pytest.fixture
def about(project, owner, monkeypatch):
    monkeypatch.setattr(tasks, "_send", lambda _operation: None)
    key, _ = make_key(project, created_by=owner)
    return {
        "secret": make_secret(project),
        "key": key,
        "rule": EgressRule.objects.create(target="10.0.0.8", reason="Ours"),
        "person": make_user(),
        "invitation": make_invitation(project)[0],
    }


@pytest.mark.parametrize("reader", READERS)
def test_each_press_does_what_it_says_for_those_who_may_and_nothing_else(
    request, browse, project, about, reader
):
    browser, wrong = browse(request.getfixturevalue(reader)), []

    for press in PRESSES:
        ids = [about[press.about].public_id] if press.about else []
        where = reverse(f"admin:{press.page}", args=ids)
        sends = {
            name: project.public_id if value == "project" else value
            for name, value in press.sends.items()
        }
        status = browser.post(f"{where}?project=all", sends, headers=HTMX).status_code
        expected = DONE if press.opens_for(reader) else (403, 404)
        if reader == "stranger" and not press.about:
            expected = (*DONE, 403, 404, 422)  # in a project of their own
        if status not in expected:
            wrong.append(f"{press.page}: {status}")

    assert wrong == []
    is_kept = not Press("providers_secret_delete").opens_for(reader)
    assert type(about["secret"]).objects.filter(pk=about["secret"].pk).exists() == is_kept
