"""The same form sent twice, and two forms for one thing: nothing is made or lost by accident."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from providers.kinds.registry import kind_for
from providers.models import Provider
from providers.models.refusals import ChangedMeanwhile
from providers.services import providers
from providers.services.drafts import draft_of
from tests.factories import make_project
from tests.providers.services.drafting import draft, errors_of

pytestmark = pytest.mark.django_db

FORM = "0123456789abcdef0123456789abcdef"


def send(project, person, submission=FORM, **changes):
    return providers.add(
        draft(**changes), project=project, by=person, now=timezone.now(), submission=submission
    )


def test_one_form_that_is_sent_twice_makes_one_provider(project, person):
    first, second = send(project, person), send(project, person)

    assert first == second
    assert Provider.objects.count() == 1


def test_the_same_form_under_another_name_makes_another_provider(project, person):
    send(project, person)

    send(project, person, name="Another")

    assert Provider.objects.count() == 2


def test_another_form_with_a_taken_name_is_refused_at_the_name(project, person):
    send(project, person)

    with pytest.raises(ValidationError) as refusal:
        send(project, person, submission="another")

    assert errors_of(refusal) == {"name": ["This project already has a provider of that name."]}


def test_a_form_of_another_project_gives_nothing_away(project, person):
    send(make_project(), person)

    mine = send(project, person)

    assert mine.project == project


def test_a_draft_of_an_older_version_is_not_stored(project, person):
    provider = send(project, person)
    seen = provider.version()
    Provider.objects.filter(pk=provider.pk).update(name="Theirs")

    with pytest.raises(ChangedMeanwhile):
        providers.change(provider, draft_of(provider), by=person, now=timezone.now(), seen=seen)

    assert Provider.objects.get().name == "Theirs"


def test_a_change_leaves_alone_what_others_switched_meanwhile(project, person):
    provider = send(project, person)
    Provider.objects.filter(pk=provider.pk).update(status="disabled")

    providers.change(provider, draft_of(provider), by=person, now=timezone.now())

    assert Provider.objects.get().status == "disabled"


def test_who_loses_the_race_for_a_name_is_told_at_the_name(project, person, monkeypatch):
    send(project, person)
    monkeypatch.setattr(Provider, "full_clean", lambda *_words, **_more: None)

    with pytest.raises(ValidationError) as refusal:
        send(
            project,
            person,
            submission="another",
            kind=kind_for("custom"),
            base_url="http://127.0.0.1:9/v1",
        )

    assert "already has a provider of that name" in errors_of(refusal)["name"][0]
    assert Provider.objects.count() == 1
