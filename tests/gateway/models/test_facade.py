"""Facades: names, kinds, backends, and when one may answer."""

import pytest
from django.core.exceptions import ValidationError

from gateway.models import AccessGrant, BackendDraft, Model, ModelStatus
from gateway.models.refusals import ModelHasAgents, NoUsableBackend
from gateway.services import facades
from gateway.services.facades import ModelDraft
from providers.models import ModelKind, Provider
from tests.factories import make_agent, make_grant, make_model, make_project, make_provider

pytestmark = pytest.mark.django_db


def arranged(model, *backends):
    drafts = [BackendDraft(row) for row in backends]
    facades.change(model, ModelDraft(model.slug, kind=model.kind, backends=drafts), by=None)


def reasons(act):
    with pytest.raises(ValidationError) as refused:
        act()
    return refused.value.message_dict


def test_it_is_a_draft_until_it_has_a_usable_backend(project):
    model = make_model(project)
    assert model.status == ModelStatus.DRAFT
    with pytest.raises(NoUsableBackend):
        model.activate()

    arranged(model, make_provider(project).models.first())

    assert Model.objects.get().status == ModelStatus.ACTIVE


def test_a_disabled_backend_does_not_make_it_active(project):
    target = make_provider(project, models=("a", "b")).models.first()
    target.disable()

    assert make_model(project, target).status == ModelStatus.DRAFT


def test_an_active_one_keeps_a_usable_backend(project):
    model = make_model(project, make_provider(project).models.first())

    with pytest.raises(NoUsableBackend):
        arranged(model)

    assert model.backends.count() == 1


def switched(provider):
    provider.disable()
    yield ModelStatus.DRAFT
    provider.enable()
    yield ModelStatus.ACTIVE


def switched_model(provider):
    provider.models.first().disable()
    yield ModelStatus.DRAFT
    provider.models.first().enable()
    yield ModelStatus.ACTIVE


def removed_model(provider):
    provider.models.first().delete()
    yield ModelStatus.DRAFT


def deleted(provider):
    provider.delete()
    yield ModelStatus.DRAFT


@pytest.mark.parametrize("change", [switched, switched_model, removed_model, deleted])
def test_it_is_active_only_while_a_backend_is_usable(project, change):
    only = make_provider(project, models=("a", "b"))
    model = make_model(project, only.models.first())
    kept = make_model(project, only.models.first(), make_provider(project).models.first())
    off = make_model(project, only.models.first())
    off.disable()

    for status in change(only):
        assert Model.objects.get(pk=model.pk).status == status
        assert Model.objects.get(pk=kept.pk).status == ModelStatus.ACTIVE
        assert Model.objects.get(pk=off.pk).status == ModelStatus.DISABLED


def test_what_health_writes_at_a_provider_asks_for_no_facade(project, django_assert_num_queries):
    provider = make_provider(project)
    make_model(project, provider.models.first())

    with django_assert_num_queries(1):
        provider.save(update_fields=["health"])


def test_a_disabled_one_stays_disabled_whatever_is_wired_to_it(project):
    model = make_model(project, make_provider(project).models.first())
    model.disable()

    arranged(model, make_provider(project).models.first())

    assert Model.objects.get().status == ModelStatus.DISABLED


@pytest.mark.parametrize("slug", ["Fast", "a b", "fast!", "", "default", "task", "x" * 65])
def test_a_slug_is_plain_and_not_one_of_the_gateways_own(project, slug):
    assert "slug" in reasons(lambda: facades.add(ModelDraft(slug), project=project, by=None))


def test_a_slug_is_free_once_in_a_project_and_once_among_the_shared(project):
    for owner in (project, None):
        make_model(owner, slug="fast")
        assert "slug" in reasons(lambda owner=owner: make_model(owner, slug="fast"))
    make_model(make_project(), slug="fast")


def test_backends_are_of_its_kind_and_of_its_project(project):
    other_kind = make_provider(project).models.first()
    other_kind.kind = ModelKind.EMBEDDING
    other_kind.save()
    elsewhere = make_provider().models.first()

    for target in (other_kind, elsewhere):
        assert "backends" in reasons(lambda target=target: make_model(project, target))


def test_a_shared_one_has_backends_at_shared_providers_alone(project):
    shared = Provider.objects.create(name="Shared", kind="openai")
    target = shared.models.create(upstream_id="m")

    assert "backends" in reasons(lambda: make_model(None, make_provider(project).models.first()))
    assert make_model(None, target).is_active


def test_a_project_wires_what_is_shared_only_where_it_is_granted(project):
    shared = Provider.objects.create(name="Shared", kind="openai")
    target = shared.models.create(upstream_id="m")

    assert "not granted" in str(reasons(lambda: make_model(project, target)))
    make_grant(project=project, provider=shared)
    assert make_model(project, target).is_active


def test_no_backend_stands_there_twice(project):
    target = make_provider(project).models.first()

    assert "twice" in str(reasons(lambda: make_model(project, target, target)))


def test_a_project_is_granted_what_it_makes_and_a_shared_one_reaches_nobody(project):
    own, shared = make_model(project), make_model(None)

    assert [grant.project for grant in own.grants.all()] == [project]
    assert not shared.grants.exists()


def test_one_that_agents_are_routed_to_is_not_deleted(project):
    model = make_model(project, make_provider(project).models.first())
    agent, _ = make_agent(project, routing="facade", facade=model)

    with pytest.raises(ModelHasAgents, match=agent.name) as refused:
        facades.remove(model, by=None)

    assert refused.value.ids == (agent.public_id,)


def test_a_provider_takes_its_backends_along_and_leaves_the_facade(project):
    provider = make_provider(project)
    model = make_model(project, provider.models.first())

    provider.delete()

    assert Model.objects.get() == model
    assert not model.backends.exists()


def test_a_shared_one_is_seen_only_where_a_grant_reaches(project, viewer, stranger):
    shared, other = make_model(None), make_model(None)
    make_grant(project=project, model=shared)

    assert list(Model.objects.visible_to(viewer)) == [shared]
    assert list(Model.objects.for_project(project)) == [shared]
    assert list(Model.objects.visible_to(stranger)) == []
    make_grant(user=stranger, model=other)
    assert list(Model.objects.visible_to(stranger)) == [other]


class TestGrants:
    def test_one_holder_and_one_target(self, project, viewer):
        model = make_model(None)

        for sides in ({}, {"model": model}, {"user": viewer, "project": project, "model": model}):
            with pytest.raises(ValidationError):
                make_grant(**sides)

    def test_what_is_a_projects_own_is_granted_inside_it_alone(self, project, viewer, stranger):
        model = make_model(project)

        assert "user" in reasons(lambda: make_grant(user=stranger, model=model))
        assert "project" in reasons(lambda: make_grant(project=make_project(), model=model))
        make_grant(user=viewer, model=model)

    def test_a_projects_own_provider_needs_none(self, project):
        provider = make_provider(project)

        assert "provider" in reasons(lambda: make_grant(project=project, provider=provider))

    def test_nothing_is_granted_twice(self, project):
        model = make_model(project)

        with pytest.raises(ValidationError, match="already"):
            make_grant(project=project, model=model)

        assert AccessGrant.objects.count() == 1
