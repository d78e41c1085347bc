"""Restricted kinds wait for staff; a provider tells when somebody else changed it."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEvent
from providers.health import Health
from providers.kinds.registry import kind_for
from providers.models import Provider, TermsAcceptance
from providers.models.refusals import ChangedMeanwhile, DeletedMeanwhile
from providers.services import terms
from tests.factories import accept_terms, make_provider, make_secret

pytestmark = pytest.mark.django_db

RESTRICTED = kind_for("claude-sdk")


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("a", "b"), secret=make_secret(project))


def personal(project):
    return Provider(project=project, name="Mine", kind=RESTRICTED.slug)


def test_a_restricted_kind_waits_until_staff_took_its_terms(project):
    with pytest.raises(ValidationError) as refusal:
        personal(project).clean()

    assert "must accept its terms once" in refusal.value.message_dict["terms"][0]


def test_a_personal_login_is_never_shared(db):
    with pytest.raises(ValidationError) as refusal:
        personal(None).clean()

    assert "can't be shared" in refusal.value.message_dict["kind"][0]


def test_terms_are_accepted_once_and_on_record(staff):
    first = terms.accept(RESTRICTED, by=staff, now=timezone.now())
    second = terms.accept(RESTRICTED, by=staff, now=timezone.now())

    assert (first, TermsAcceptance.objects.count()) == (second, 1)
    event = AuditEvent.objects.get(action="aiProviders:AcceptTerms")
    assert event.actor_id == staff.public_id
    assert event.after["kind"] == "claude-sdk"


def test_a_provider_remembers_the_acceptance_it_stands_on(project, staff):
    accept_terms(RESTRICTED.slug)
    provider = personal(project)

    terms.apply(provider, accepts=False, by=staff, now=timezone.now())

    assert provider.terms_accepted_at == TermsAcceptance.objects.get().accepted_at


def test_an_unknown_agent_type_is_refused_by_the_record_itself(provider):
    provider.agent_types = ["cline", "abacus"]

    with pytest.raises(ValidationError) as refusal:
        provider.clean()

    assert refusal.value.message_dict["agent_types"] == ["Unknown agent type: abacus."]


def rename(provider):
    Provider.objects.filter(pk=provider.pk).update(name="Renamed")


def retype(provider):
    Provider.objects.filter(pk=provider.pk).update(agent_types=["cline"])


def add_model(provider):
    provider.models.create(upstream_id="c", position=2)


def turn_round(provider):
    provider.models.filter(upstream_id="a").update(position=9)


def replace_key(provider):
    provider.secret.replace({"api_key": "sk-test-other-0123456789"}, now=timezone.now())


@pytest.mark.parametrize("act", [rename, retype, add_model, turn_round, replace_key])
def test_what_somebody_changed_meanwhile_is_noticed(provider, act):
    seen = Provider.objects.get().version()

    act(provider)

    with pytest.raises(ChangedMeanwhile) as refusal:
        Provider.objects.get().lock_as(seen)
    assert refusal.value.stored == provider


def test_what_people_do_not_edit_changes_no_version(provider):
    seen = Provider.objects.get().version()

    provider.note_health(Health.DEGRADED, "slow", now=timezone.now())

    Provider.objects.get().lock_as(seen)


def test_a_provider_that_is_gone_says_so(provider):
    seen, gone = provider.version(), Provider.objects.get()
    provider.delete()

    with pytest.raises(DeletedMeanwhile):
        gone.lock_as(seen)
