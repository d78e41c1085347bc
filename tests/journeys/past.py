"""What weeks of use leave behind, for pictures: no vendor is called, the answers are invented.

Each text runs inside an installation's own shell.
"""

TESTED = """
from datetime import timedelta
from django.utils import timezone
from providers.kinds.vocabulary import ErrorClass, Outcome
from providers.models import Provider, ProviderModel, ProjectRouting

now = timezone.now()
answered = {"gpt-5.4": 412, "gpt-5.4-mini": 287, "claude-opus-5": 934, "claude-sonnet-4-6": 655}
for model in ProviderModel.objects.filter(upstream_id__in=answered):
    ms = answered[model.upstream_id]
    said = f"{model.upstream_id} at {model.provider.name} answered in {ms} ms."
    model.record_test(Outcome(True, ms, None, said, 200), at=now - timedelta(minutes=9))
refused = ProviderModel.objects.get(upstream_id="gemini-2.5-flash")
said = "Google Gemini did not accept the key (HTTP 400). Check that it was copied whole."
refused.record_test(Outcome(False, 131, ErrorClass.INVALID_KEY, said, 400), at=now)
for name, days in (("OpenAI", 22), ("Anthropic", 21), ("Google Gemini", 2)):
    Provider.objects.filter(name=name).update(created_at=now - timedelta(days=days))
routing = ProjectRouting.objects.get()
routing.set_fallback(ProviderModel.objects.get(upstream_id="claude-sonnet-4-6"))
"""

SEEN = """
from datetime import timedelta
from django.utils import timezone
from providers.models import HealthCheck, Operation, Provider

now = timezone.now()
HealthCheck.objects.all().delete()
later = now + timedelta(hours=2)  # so that no page asks the vendors while its picture is taken
Provider.objects.update(health_checked_at=later, health_asked_at=None)
states = {
    "OpenAI": ("degraded", "6.2 s", 12),
    "Anthropic": ("reachable", "", 21 * 24 * 60),
    "Google Gemini": ("invalid_key", "Google Gemini did not accept the key (HTTP 400).", 40),
    "GPU box": ("reachable", "", 30),
}
for name, (health, reason, minutes) in states.items():
    Provider.objects.filter(name=name).update(
        health=health, health_reason=reason, health_since=now - timedelta(minutes=minutes)
    )
openai = Provider.objects.get(name="OpenAI")
checks = []
for number in range(1, 24 * 12):
    state, ms = "reachable", 380 + (number * 37) % 190
    if number <= 3 or 150 < number < 156:
        state, ms = "degraded", 6210 - number
    if 96 < number < 99:
        state, ms = "unreachable", None
    at = now - timedelta(minutes=5 * number - 4)
    checks.append(HealthCheck(provider=openai, state=state, latency_ms=ms, checked_at=at))
HealthCheck.objects.bulk_create(checks)
openai.models.filter(upstream_id="gpt-5.4-mini").update(deprecated_on="2027-02-01")
asked = Operation.start("refresh_models", openai, by=None)
kinds = {"gpt-6.1-sol": "chat", "gpt-6.1-terra": "chat", "text-embedding-3-large": "embedding"}
asked.result = {
    "ok": True,
    "isCut": False,
    "listed": [{"id": name, "name": name, "kind": kind} for name, kind in kinds.items()]
    + [{"id": "gpt-5.4", "name": "gpt-5.4", "kind": "chat"}],
}
asked.finish("succeeded", message="OpenAI lists 4 models.")
"""

USED = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from accounts.models import ApiKey, User
from providers.models import Provider
from usage.entries import Entry
from usage.models import UsageRecord
from usage.rolling import roll_up

now = timezone.now()
ada = User.objects.order_by("pk").first()
used = [
    (Provider.objects.get(name=name), model, price)
    for name, model, price in (
        ("OpenAI", "gpt-5.4", 17), ("OpenAI", "gpt-5.4-mini", 3), ("Anthropic", "claude-opus-5", 60)
    )
]
lines = []
for number in range(2_400):
    provider, model, price = used[(number * 7) % 11 % 3]
    days = 6 if number < 900 else 60
    ago = timedelta(minutes=(number * number) % (60 * 24 * days) / (1 + number % 4))
    is_bad = number % 31 == 0
    lines.append(Entry(
        request_id=f"req_{number:016}",
        project_id=provider.project.pk,
        project=provider.project.public_id,
        key=f"key_{number % 2:016}",
        key_name=("nightly reports", "support bot")[number % 2],
        agent="",
        agent_name="",
        user=ada.public_id,
        user_name=ada.email,
        provider=provider.public_id,
        provider_name=provider.name,
        provider_kind=provider.kind,
        model=model,
        kind_of_use=("chat", "chat", "chat", "task", "cron", "test")[number % 6],
        requested_model="default",
        format="chat",
        input_tokens=900 + number % 500,
        output_tokens=120 + number % 90,
        cache_read_tokens=number % 3 * 400,
        cache_write_tokens=0,
        reasoning_tokens=number % 5 * 30,
        cost=None if number % 97 == 0 else Decimal(number % price) / 1000,
        outcome="estimated" if is_bad else "reported",
        status=502 if is_bad else 200,
        error_class="provider_error" if is_bad else "",
        latency_ms=300 + (number * 37) % 900 + (number % 50 == 0) * 9000,
        ttft_ms=120 + number % 80,
        attempts=2 if number % 40 == 0 else 1,
        streamed=number % 2 == 0,
        writer="",
        started_at=now - ago,
    ))
UsageRecord.objects.append(lines)
roll_up(now=now)
"""

PAST = (TESTED, SEEN, USED)
