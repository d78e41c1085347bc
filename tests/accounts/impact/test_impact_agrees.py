"""A preview and the deletion that it is of say the same; and a preview tells no other tenant."""

from contextlib import nullcontext

import pytest
from django.utils import timezone

from accounts import grants
from accounts.impact import impact_of
from accounts.principal import Principal
from accounts.refusals import Refused
from gateway.models import AccessGrant
from providers.models import ProjectRouting, Provider
from providers.services import secrets
from tests.factories import (
    make_agent,
    make_key,
    make_model,
    make_project,
    make_provider,
    make_secret,
    make_staff,
)

pytestmark = pytest.mark.django_db


def impact(target, who, **options):
    return impact_of(target, who=Principal.of(who), now=timezone.now(), **options)


def told(found):
    return [(group.effect.value, group.words, group.role) for group in found.groups]


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2"))


def pin(provider):
    make_agent(provider.project, routing="pinned", pinned_model=provider.models.first())


def route(provider):
    ProjectRouting.of(provider.project).set_active(provider.models.first())


@pytest.mark.parametrize("arrange", [pin, route, None])
@pytest.mark.parametrize("force", [False, True])
def test_the_preview_of_a_secret_says_what_its_deletion_does(owner, project, arrange, force):
    secret = make_secret(project)
    provider = make_provider(project, secret=secret)
    facade = make_model(project, provider.models.get())
    if arrange:
        arrange(provider)
    remove = secrets.remove_with_providers if force else secrets.remove

    found = impact(secret, owner, force=force)

    assert found.is_refused is (arrange is not None or not force)
    assert ("removed", "1 backend", "of models") in told(found)
    assert facade.backends.exists()
    with pytest.raises(Refused) if found.is_refused else nullcontext():
        remove(secret, by=owner)
    assert Provider.objects.exists() is found.is_refused


@pytest.mark.parametrize("arrange", [pin, route, None])
@pytest.mark.parametrize("force", [False, True])
def test_the_preview_of_a_provider_says_what_its_deletion_does(owner, provider, arrange, force):
    if arrange:
        arrange(provider)

    of_model = impact(provider.models.first(), owner, force=force)
    of_provider = impact(provider, owner, force=force)

    assert of_model.is_refused is of_provider.is_refused is (arrange is not None)
    for row in (provider.models.first(), provider):
        with pytest.raises(Refused) if arrange else nullcontext():
            row.delete()


def test_of_a_shared_object_people_learn_of_their_own_projects_alone(owner, project, provider):
    Provider.objects.filter(pk=provider.pk).update(project=None)
    shared = Provider.objects.get(pk=provider.pk)
    model, strange = shared.models.first(), make_project()
    for each in (project, strange, strange):
        AccessGrant.objects.get_or_create(project=each, provider=shared)
        make_agent(each, routing="pinned", pinned_model=model)
    ProjectRouting.of(strange).set_active(model)
    make_model(strange, model)
    make_key(strange, policy=[{"effect": "Allow", "action": ["*"], "resource": [shared.public_id]}])
    grants.grant(strange.memberships.owners()[0].user, "view", shared)

    found = impact(shared, owner)
    of_staff = impact(shared, make_staff())

    assert ("refuse", "1 agent", "pinned model") in told(found)
    assert ("refuse", "1 or more that you can't see", "") in told(found)
    words = {group.words: group.hidden for group in found.groups}
    assert words == {
        "1 agent": 0,
        "1 access grant": 0,
        "2 models": 0,
        "1 or more that you can't see": 1,
    }
    assert ("refuse", "3 agents", "pinned model") in told(of_staff)
