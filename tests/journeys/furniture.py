"""A lived-in installation: one of everything, so that every page has something to show."""

from tests.journeys.installation import Installation
from tests.journeys.upstream import MODELS, Upstream

PROVIDER = "Furnished provider"
PASSWORD = "correct-horse"  # of everybody but the first admin
_RECORDS = """
from datetime import timedelta
from decimal import Decimal
from django.contrib.auth.models import Group
from django.utils import timezone
from accounts.models import ApiKey, Invitation, Membership, Project, Role, User
from accounts.models.audit import Outcome
from accounts import audit
from gateway.services import limits
from providers.models import CatalogEntry, EgressRule, Provider, Secret
from providers.kinds.vocabulary import Usage
from providers.services import secrets
from usage.entries import KindOfUse
from usage.recording import Use, record

now, project, staff = timezone.now(), Project.objects.order_by("pk")[0], User.objects.staff()[0]
people = [("Ada Byron", "ada.byron", Role.ADMIN), ("Bo Li", "bo.li", Role.EDITOR),
          ("Cleo Roy", "cleo.roy", Role.VIEWER)]
for name, address, role in people:
    person = User.objects.create_user(f"{address}@example.com", "correct-horse", name=name)
    Membership.objects.add(project, person, role, by=staff)
cleo = User.objects.get(email="cleo.roy@example.com")
User.objects.create_user("dan@example.com", "correct-horse", name="Dan").suspend(by=staff)
for address, role in (("eva@example.com", Role.EDITOR), ("finn@example.com", Role.VIEWER)):
    Invitation(project=project, email=address, role=role).begin(by=staff, now=now)
old = Invitation(project=project, email="gus@example.com", role=Role.VIEWER)
old.begin(by=staff, now=now - timedelta(days=9))
group = Group.objects.create(name="Analysts")
group.user_set.add(cleo)
for number in range(11):
    Project.objects.start(name=f"Nimbus {number}", owner=staff, by=staff)
ApiKey.objects.issue(project=project, name="Nightly import", created_by=staff,
                     expires_at=now + timedelta(days=40))
revoked, _ = ApiKey.objects.issue(project=project, name="Old laptop", created_by=staff)
revoked.revoke(by=staff, at=now)
ApiKey.objects.issue(project=project, name="Gateway", created_by=staff, policy=[
    {"effect": "Allow", "action": ["models:Invoke", "models:ListModels"], "resource": ["*"]}])
EgressRule.objects.create(target="10.4.0.0/24", port=8000, reason="GPU boxes in the cellar")
audit.record(cleo, "aiProviders:CreateAiProvider", project, outcome=Outcome.DENIED)
secret = Secret.objects.order_by("pk")[0]
secrets.set_expiry(secret, now + timedelta(days=12), by=staff)
CatalogEntry.objects.filter(provider_kind="openai").update(context_window=1)
for number, kind in enumerate(KindOfUse):
    record(Use(
        model=Provider.objects.latest("pk").models.earliest("pk"), kind_of_use=kind,
        project=project, format="chat", started_at=now - timedelta(days=number),
        latency_ms=400, user=staff, usage=Usage(120, 30),
        error_class="timeout" if number == 2 else "",
    ))
for name, measure, amount, is_shadow in (
    ("Budget of the team", "usd_per_month", "25", False),
    ("Calls of the team", "requests_per_minute", "120", True),
):
    # The models of other journeys have no price, and are to be answered all the same.
    draft = limits.LimitDraft(name, Decimal(amount), is_shadow=is_shadow, allows_unpriced=True)
    limits.add(draft, limits.Scope(project, measure), by=staff, now=now)
"""


def furnish(installation: Installation, upstream: Upstream) -> None:
    """Fill an installation, once."""
    if installation.rows("SELECT 1 FROM providers_provider WHERE name = ?", PROVIDER):
        return
    installation.add_provider(
        installation.script_token,
        name=PROVIDER,
        baseUrl=upstream.base_url,
        apiKey="invented-for-a-page",
        models=list(MODELS[:2]),
    )
    installation.manage("shell", "-c", _RECORDS)
