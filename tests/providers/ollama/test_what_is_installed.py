"""Routing follows what is on an Ollama server: what was deleted there is passed over meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Epoch
from gateway.services.explaining import Question, explain
from providers import tasks
from providers.health import Health
from providers.models import ProjectRouting, Provider, ProviderModel
from providers.services import health, monitor
from tests.factories import make_key, make_provider
from tests.providers.admin.addresses import provider_url, text_of

pytestmark = pytest.mark.django_db

NAMES = ("llama3.3:70b", "qwen3:8b")


@pytest.fixture
def provider(ollama, project):
    return make_provider(project, name="Attic", kind="ollama", base_url=ollama.origin, models=NAMES)


def looked_at(provider, *, at=None):
    check = health.check(Provider.objects.get(pk=provider.pk), now=at or timezone.now())
    assert check.state == Health.REACHABLE
    return check


def missing(provider):
    gone = provider.models.filter(missing_since__isnull=False)
    return set(gone.values_list("upstream_id", flat=True))


def installed(ollama, *names):
    ollama.models = [{"name": name, "size": 1, "details": {}} for name in names]


def test_what_the_server_no_longer_has_is_known_after_a_check(ollama, provider):
    first = timezone.now()
    looked_at(provider, at=first)
    assert missing(provider) == {"qwen3:8b"}

    looked_at(provider, at=first + timedelta(minutes=5))
    assert provider.models.get(upstream_id="qwen3:8b").missing_since == first


def test_a_change_of_the_list_bumps_the_epoch_and_no_change_does_not(ollama, provider):
    looked_at(provider)
    before = Epoch.current()

    looked_at(provider)
    assert Epoch.current() == before

    installed(ollama, *NAMES)
    looked_at(provider)
    assert missing(provider) == set()
    assert Epoch.current() > before


def test_an_empty_server_has_none_of_them_and_one_that_is_away_says_nothing(ollama, provider):
    ollama.models = []
    looked_at(provider)
    assert missing(provider) == set(NAMES)

    installed(ollama, *NAMES)
    looked_at(provider)
    ollama.stop()
    check = health.check(Provider.objects.get(pk=provider.pk), now=timezone.now())

    assert check.state == Health.UNREACHABLE
    assert missing(provider) == set()


def test_a_name_without_a_tag_is_the_latest(ollama, project):
    installed(ollama, "mistral:latest")
    short = make_provider(project, kind="ollama", base_url=ollama.origin, models=["mistral"])

    looked_at(short)

    assert missing(short) == set()


def test_refresh_and_pull_are_followed_at_once(ollama, provider, editor):
    for names, gone in (((), set(NAMES)), (NAMES[:1], {NAMES[1]}), (NAMES, set())):
        installed(ollama, *names)
        operation = tasks.begin_refresh(provider, by=editor)
        tasks.refresh_models.apply(kwargs={"operation_id": operation.pk}, throw=True)
        assert missing(provider) == gone


def test_a_vendors_list_changes_nothing(project):
    vendors = make_provider(project, models=["gpt"])

    vendors.models.all().note_listed({"gpt"}, now=timezone.now())
    assert missing(vendors) == set()
    assert not vendors.kind_row.installs_models


def test_explain_says_why_and_requests_go_elsewhere(ollama, provider, project, owner):
    spare = make_provider(project, name="Spare", models=["gpt"])
    routing = ProjectRouting.of(project)
    routing.set_active(provider.models.get(upstream_id="qwen3:8b"))
    routing.set_fallback(spare.models.get())
    looked_at(provider)

    answer = explain(make_key(project, created_by=owner)[0], Question("default"), project=project)

    first, second = answer.steps
    assert (first.target.name, first.position) == ("spare/gpt", 1)
    assert second.obstacle == "missing"
    assert second.reason == "Attic no longer has qwen3:8b: pull it again."


def test_what_is_installed_and_not_ticked_is_not_called(ollama, provider, project, owner):
    installed(ollama, *NAMES, "phi4:14b")
    looked_at(provider)

    answer = explain(
        make_key(project, created_by=owner)[0], Question("attic/phi4:14b"), project=project
    )

    assert answer.steps == ()
    assert answer.refusal.status == 404
    assert not ProviderModel.objects.filter(upstream_id="phi4:14b").exists()


def test_the_monitor_lists_it_though_no_project_routes_there(ollama, provider, project):
    now = timezone.now()
    assert [each.pk for each in monitor.take_due(now=now)] == [provider.pk]

    looked_at(provider, at=now)
    Provider.objects.filter(pk=provider.pk).update(health_asked_at=now, health_checked_at=now)
    assert monitor.take_due(now=now + timedelta(minutes=4)) == []
    assert [each.pk for each in monitor.take_due(now=now + timedelta(minutes=6))] == [provider.pk]

    ProjectRouting.of(project)
    ProjectRouting.objects.filter(project=project).update(is_monitored=False)
    assert monitor.take_due(now=now + timedelta(minutes=12)) == []


def test_a_paid_probe_lists_the_models_too(ollama, provider, monkeypatch):
    Provider.objects.filter(pk=provider.pk).update(has_paid_probes=True)

    health.check(Provider.objects.get(pk=provider.pk), now=timezone.now())

    assert missing(provider) == {"qwen3:8b"}
    assert ("GET", "/api/tags", {}) in ollama.asked


def test_the_pages_show_it(ollama, provider, client, editor):
    looked_at(provider)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")

    for page in (provider_url("changelist"), provider_url("detail", provider)):
        assert text_of(client.get(page)).count("Not on the server") == 1
