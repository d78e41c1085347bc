"""Who loses a model when a grant is taken back."""

import pytest
from django.utils import timezone

from accounts.impact import impact_of
from accounts.principal import Principal
from gateway.models import AccessGrant
from providers.models import ProjectRouting, Provider
from tests.factories import make_agent, make_grant, make_model, make_provider

pytestmark = pytest.mark.django_db


def agents_losing(grant, owner, project):
    found = impact_of(grant, who=Principal(owner, project), now=timezone.now())
    return [one.name for group in found.groups for one in group.named]


def test_agents_that_are_routed_to_the_model_are_named(project, owner):
    model = make_model(project, make_provider(project).default_model)
    make_agent(project, name="Scout", routing="facade", facade=model)
    make_agent(project, name="Other")

    assert agents_losing(AccessGrant.objects.get(), owner, project) == ["Scout"]


def test_a_persons_grant_reaches_no_agent(project, owner, viewer):
    model = make_model(project, make_provider(project).default_model)
    make_agent(project, name="Scout", routing="facade", facade=model)

    assert agents_losing(make_grant(user=viewer, model=model), owner, project) == []


def test_of_a_shared_provider_those_are_named_that_its_models_answer(project, owner):
    shared = Provider.objects.create(name="House", kind="openai")
    model = shared.models.create(upstream_id="house-model")
    grant = make_grant(project=project, provider=shared)
    own = make_provider(project).default_model
    make_agent(project, name="Pinned", routing="pinned", pinned_model=model)
    make_agent(project, name="Elsewhere", routing="pinned", pinned_model=own)
    make_agent(project, name="Inheriting")
    assert agents_losing(grant, owner, project) == ["Pinned"]

    ProjectRouting.objects.create(project=project, active_model=model)

    assert agents_losing(grant, owner, project) == ["Inheriting", "Pinned"]
