"""What a cronjob may be: its schedule, its name, its pin."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.impact import impact_of
from accounts.models import AuditEvent
from accounts.principal import Principal
from gateway.models import Cronjob, CronjobRun
from gateway.services import cronjobs
from providers.models import ProviderModel
from tests.factories import make_cronjob, make_grant, make_project, make_provider, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(owner=make_user())


def refused(project, **fields):
    with pytest.raises(ValidationError) as error:
        make_cronjob(project, **fields)
    return error.value.message_dict


def test_a_new_cronjob_knows_when_it_runs_next(project):
    job = make_cronjob(project, schedule=" 30  9 * * MON-FRI ", time_zone="Europe/Berlin")

    assert job.schedule == "30 9 * * MON-FRI"
    assert job.next_run_at > timezone.now()
    assert job.next_run_at.astimezone(job.times.zone).strftime("%H:%M") == "09:30"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"schedule": "every day"}, "schedule"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"time_zone": "Berlin"}, "time_zone"),
        ({"prompt": ""}, "prompt"),
        ({"name": ""}, "name"),
        ({"pin_policy": "perhaps"}, "pin_policy"),
        ({"overlap": "both"}, "overlap"),
    ],
)
def test_what_it_can_not_be_is_told_at_its_field(project, fields, field):
    assert field in refused(project, **fields)
    assert not Cronjob.objects.exists()


def test_its_name_is_its_own_in_its_project(project):
    make_cronjob(project, name="Digest")

    assert "name" in refused(project, name="digest ")
    assert make_cronjob(make_project(), name="Digest").pk


def test_it_is_pinned_to_chat_models_of_its_project_alone(project):
    mine, theirs, shared = make_provider(project), make_provider(), make_provider(project)
    type(shared).objects.filter(pk=shared.pk).update(project=None)
    lent = ProviderModel.objects.with_provider().get(provider=shared)
    model = mine.models.get()

    assert make_cronjob(project, pinned_model=model).pin_name == f"{mine.name}: some-model"
    assert "pinned_model" in refused(project, pinned_model=theirs.models.get())
    assert "not granted" in str(refused(project, pinned_model=lent))
    type(model).objects.filter(pk=model.pk).update(kind="embedding")
    model.refresh_from_db()
    assert "embeddings" in str(refused(project, pinned_model=model))


def test_a_shared_model_that_was_granted_will_do(project):
    shared = make_provider(project)
    type(shared).objects.filter(pk=shared.pk).update(project=None)
    shared.refresh_from_db()
    make_grant(project=project, provider=shared)
    lent = ProviderModel.objects.with_provider().get(provider=shared)

    assert make_cronjob(project, pinned_model=lent).usable_pin


def test_it_is_not_newly_pinned_to_what_is_disabled_but_keeps_what_it_has(project):
    model = make_provider(project, models=("a", "b")).models.get(upstream_id="b")
    job = make_cronjob(project, pinned_model=model)
    model.disable()

    assert "disabled" in str(refused(project, pinned_model=model))
    draft = cronjobs.draft_of(Cronjob.objects.with_pin().get(pk=job.pk))
    cronjobs.change(job, draft, by=None, now=timezone.now())
    assert job.pinned_model == model


def test_a_deleted_pin_stays_known_until_somebody_chooses(project):
    model = make_provider(project, models=("a", "b")).models.get(upstream_id="b")
    job = make_cronjob(project, pinned_model=model)
    model.delete()
    job = Cronjob.objects.with_pin().get(pk=job.pk)

    assert job.lacks_pin
    later = replace(cronjobs.draft_of(job), schedule="0 0 1 1 *")
    cronjobs.change(job, later, by=None, now=timezone.now())
    job.refresh_from_db()
    assert (job.lacks_pin, job.pin_name) == (True, f"{model.provider.name}: b")

    chosen = replace(cronjobs.draft_of(job), keeps_gone_pin=False)
    cronjobs.change(job, chosen, by=None, now=timezone.now())
    job.refresh_from_db()
    assert (job.lacks_pin, job.pin_name) == (False, "")


def test_a_changed_schedule_is_due_anew_and_a_changed_prompt_is_not(project):
    job = make_cronjob(project)
    due = job.next_run_at
    draft = cronjobs.draft_of(job)

    cronjobs.change(job, draft, by=None, now=timezone.now())
    assert job.next_run_at == due
    other = type(draft)(name=draft.name, schedule="0 0 1 1 *", prompt=draft.prompt)
    cronjobs.change(job, other, by=None, now=timezone.now())
    assert job.next_run_at > due


def test_one_run_bears_a_due_time(project):
    job, now = make_cronjob(project), timezone.now()
    CronjobRun.objects.create(cronjob=job, scheduled_for=now, queued_at=now)

    with pytest.raises(IntegrityError):
        CronjobRun.objects.create(cronjob=job, scheduled_for=now, queued_at=now)


def test_what_is_done_to_it_is_on_record(project):
    job = make_cronjob(project, name="Digest")
    cronjobs.pause(job, by=None)
    cronjobs.resume(job, by=None, now=timezone.now())
    cronjobs.remove(job, by=None)

    told = AuditEvent.objects.filter(action__startswith="cronjobs:").order_by("pk")
    assert [event.action.partition(":")[2] for event in told] == [
        *("CreateCronjob", "PauseCronjob", "ResumeCronjob", "DeleteCronjob"),
    ]


def test_the_impact_of_a_model_names_the_cronjobs_pinned_to_it_with_their_next_run(project):
    provider = make_provider(project, models=("a", "b"))
    model = provider.models.get(upstream_id="b")
    job = make_cronjob(project, name="Digest", pinned_model=model, pin_policy="hold")
    who = Principal(project.memberships.owners()[0].user, project)

    for target in (model, provider):
        impact = impact_of(target, who=who, now=timezone.now())
        (group,) = [group for group in impact.groups if group.many == "cronjobs"]
        assert group.count == 1
        (named,) = group.named
        assert named.name == "Digest"
        assert f"next run {job.next_run_at:%Y-%m-%d %H:%M} UTC" in named.note
        assert "hold" in named.note
