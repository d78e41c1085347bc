"""What is so already is not done again, and leaves no second line in the audit."""

import pytest

from accounts.models import AuditEvent
from providers import tasks
from providers.models import Operation, ProjectRouting
from providers.services import model_lists, providers
from tests.factories import make_provider, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    return make_provider(project, models=("one", "two"))


def test_enabling_what_is_enabled_is_no_event(provider):
    before = AuditEvent.objects.count()

    providers.set_enabled(provider, enabled=True, by=None)
    model_lists.set_enabled(provider.models.first(), enabled=True, by=None)

    assert AuditEvent.objects.count() == before


def test_disabling_twice_is_one_event(provider):
    for _ in range(2):
        providers.set_enabled(provider, enabled=False, by=None)

    assert AuditEvent.objects.filter(action="aiProviders:DisableAiProvider").count() == 1


@pytest.mark.parametrize(
    ("choose", "action"),
    [
        (model_lists.set_active, "aiProviders:SetActiveModel"),
        (model_lists.set_fallback, "aiProviders:SetFallbackModel"),
    ],
)
def test_choosing_the_same_model_twice_is_one_event(provider, project, choose, action):
    for _ in range(2):
        choose(provider.models.first(), project, by=None)

    assert AuditEvent.objects.filter(action=action).count() == 1


def test_a_fallback_that_is_none_is_removed_without_a_word(provider, project):
    model_lists.set_fallback(None, project, by=None)

    assert ProjectRouting.objects.get(project=project).fallback_model is None
    assert not AuditEvent.objects.filter(action="aiProviders:SetFallbackModel").exists()


VERBS = {
    Operation.Verb.TEST_MODEL: lambda provider: tasks.begin_test(provider.models.get(), by=None),
    Operation.Verb.REFRESH_MODELS: lambda provider: tasks.begin_refresh(provider, by=None),
}


@pytest.mark.parametrize("verb", VERBS)
def test_of_two_who_begin_the_same_at_once_the_second_joins(monkeypatch, verb):
    provider = make_provider()
    target = provider.models.get() if verb == Operation.Verb.TEST_MODEL else provider
    first = []
    monkeypatch.setattr(
        tasks, "_hold", lambda _waits: first.append(Operation.start(verb, target, by=None))
    )

    assert VERBS[verb](provider) == first[0]
    assert Operation.objects.count() == 1


def test_tests_of_all_leave_out_what_somebody_began_a_moment_before(monkeypatch):
    provider = make_provider()
    model = provider.models.get()
    monkeypatch.setattr(
        tasks, "_hold", lambda _waits: Operation.start(Operation.Verb.TEST_MODEL, model, by=None)
    )

    assert tasks.begin_tests_of([provider], by=make_user()) == []
    assert Operation.objects.count() == 1
