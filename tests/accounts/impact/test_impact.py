"""What depends on an object, told by reflection and by what each app says of its own rows."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import grants
from accounts.impact import Effect, impact_of, registry
from accounts.principal import Principal
from providers.models import ProjectRouting, Provider
from tests.factories import make_grant, make_key, make_project, make_provider, make_secret
from tests.usage.lines import use

pytestmark = pytest.mark.django_db


def impact(target, who, **options):
    return impact_of(target, who=Principal.of(who), now=timezone.now(), **options)


def told(found):
    """Give each group as effect, words and role."""
    return [(group.effect.value, group.words, group.role) for group in found.groups]


def used(provider, *, cost="0.25", age=timedelta(hours=1), model="m1", project=None):
    use(
        provider,
        project=project,
        model=model,
        cost=None if cost is None else Decimal(cost),
        at=timezone.now() - age,
    )


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2"))


def test_what_cascades_goes_along_and_is_named(owner, provider):
    found = impact(provider, owner)

    (models,) = found.removed
    assert [dependent.name for dependent in models.named] == ["m1", "m2"]
    assert [dependent.public_id for dependent in models.named] == [
        model.public_id for model in provider.models.all()
    ]
    assert not found.is_refused


def test_what_restricts_refuses_through_what_would_cascade(owner, project, provider):
    ProjectRouting.of(project).set_active(provider.models.first())

    found = impact(provider, owner)

    assert found.is_refused
    assert told(found)[0] == ("refuse", "1 project", "active model")
    assert found.refusing[0].named[0].name == "Aurora"
    assert found.refusing[0].named[0].public_id == project.public_id
    assert "make another model active first" in found.refusals[0]


def test_what_is_set_to_null_stays_and_is_cleared(owner, project, provider):
    first, second = provider.models.all()
    routing = ProjectRouting.of(project)
    routing.set_active(first)
    routing.set_fallback(second)

    assert ("cleared", "1 project", "fallback model") in told(impact(second, owner))
    assert not impact(second, owner).is_refused


def test_a_model_says_that_it_is_the_default(owner, provider):
    found = impact(provider.models.first(), owner)

    assert ("cleared", "1 provider", "default model") in told(found)


def test_the_object_itself_is_never_among_its_dependents(owner, provider):
    assert all(group.one != "provider" for group in impact(provider, owner).groups)


def test_a_secret_is_refused_by_the_providers_that_use_it(owner, project):
    secret = make_secret(project)
    provider = make_provider(project, name="Uses it", secret=secret)

    found = impact(secret, owner)

    assert found.is_refused
    assert found.refusing[0].named[0].public_id == provider.public_id


def test_with_force_what_refuses_is_taken_along_with_all_that_hangs_on_it(owner, project):
    secret = make_secret(project)
    make_provider(project, secret=secret, models=("a", "b"))

    found = impact(secret, owner, force=True)

    assert not found.is_refused
    assert [group.words for group in found.removed] == ["1 provider", "2 models"]


def test_a_whole_project_is_told_without_refusing_itself(owner, project, provider):
    ProjectRouting.of(project).set_active(provider.models.first())
    make_key(project)

    found = impact(project, owner)

    words = [group.words for group in found.removed]
    assert {"1 provider", "2 models", "1 API key", "1 member"} <= set(words)
    assert "1 project" not in words  # its own routing
    assert not found.is_refused


def test_the_last_provider_of_a_secret_takes_it_along(owner, project):
    secret = make_secret(project, name="Only here")
    provider = make_provider(project, secret=secret)

    assert ("removed", "1 secret", "") in told(impact(provider, owner))

    make_provider(project, secret=secret)
    assert ("removed", "1 secret", "") not in told(impact(provider, owner))


def test_the_last_model_of_a_provider_says_why_it_stays(owner, project):
    model = make_provider(project, models=("only",)).models.get()

    assert "delete the provider instead" in impact(model, owner).refusals[0]


def test_at_most_twenty_are_named_and_the_rest_is_counted(owner, project):
    provider = make_provider(project, models=[f"m{number}" for number in range(25)])

    (models,) = impact(provider, owner).removed

    assert models.count == 25
    assert len(models.named) == 20
    assert models.unnamed == 5
    assert models.hidden == 0


def test_what_others_have_on_a_shared_object_is_neither_named_nor_counted(owner, staff):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    model = shared.models.create(upstream_id="m")
    mine = owner.memberships.get().project
    for project in (mine, *(make_project(f"Hidden {number}") for number in range(3))):
        make_grant(project=project, provider=shared)
        ProjectRouting.of(project).set_active(model)

    seen, whole = impact(shared, owner), impact(shared, staff)

    assert [dependent.name for dependent in seen.refusing[0].named] == ["Aurora"]
    assert [(group.count, group.hidden) for group in seen.refusing] == [(1, 0), (1, 1)]
    assert "Hidden" not in str(seen.as_json())
    assert (len(whole.refusing[0].named), whole.refusing[0].hidden) == (4, 0)


def test_object_permissions_and_keys_that_name_it_are_told(owner, viewer, staff, project, provider):
    grants.grant(viewer, "change", provider)
    rule = {"effect": "Allow", "action": ["aiProviders:*"], "resource": [provider.public_id]}
    key, _ = make_key(project, policy=[rule])
    make_key(project)

    found = impact(provider, owner)

    assert ("removed", "1 grant", "") in told(found)
    assert [dependent.public_id for dependent in found.kept[0].named] == [key.public_id]
    assert viewer.email not in str(found.as_json())
    assert viewer.email in str(impact(provider, staff).as_json())


def test_the_last_weeks_requests_and_cost_are_added_up(owner, provider):
    used(provider, cost="0.25")
    used(provider, cost="0.5", model="m2")
    used(provider, cost=None)
    used(provider, age=timedelta(days=8))

    whole = impact(provider, owner).usage
    one = impact(provider.models.first(), owner).usage

    assert (whole.requests, whole.cost, whole.unpriced) == (3, Decimal("0.75"), 1)
    assert (one.requests, one.cost) == (2, Decimal("0.25"))


def test_the_usage_of_other_projects_stays_theirs(owner, project):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    used(shared, project=make_project())
    used(shared, project=project)

    assert impact(shared, owner).usage.requests == 1


def test_a_row_that_cannot_say_its_name_does_not_break_it(owner, provider, monkeypatch):
    def broken(_row):
        raise RuntimeError

    words = registry.words["providers.providermodel"]
    monkeypatch.setitem(
        registry.words, "providers.providermodel", type(words)("model", "models", name=broken)
    )
    monkeypatch.setitem(registry.rules, "providers.provider", broken)
    monkeypatch.setattr(registry, "searches", [lambda _target, _who: broken(None)])

    found = impact(provider, owner)

    (models,) = found.removed
    assert {dependent.name for dependent in models.named} == {
        model.public_id for model in provider.models.all()
    }
    assert told(found)[-1] == ("kept", "1 sort of dependent that could not be looked for", "")


def test_a_provider_of_a_kind_that_is_gone_still_has_an_impact(owner, provider):
    Provider.objects.update(kind="no-such-kind", config={"x": "y"})

    assert impact(Provider.objects.get(), owner).removed[0].count == 2


def test_it_costs_the_same_however_many_depend_on_it(owner, project):
    small = make_provider(project, models=("m",))
    large = make_provider(project, models=[f"m{number}" for number in range(15)])
    impact(small, owner)

    with CaptureQueriesContext(connection) as few:
        impact(small, owner)
    with CaptureQueriesContext(connection) as many:
        impact(large, owner)

    assert len(many) == len(few)


def test_the_one_json_shape_speaks_public_ids(owner, project, provider):
    said = impact(provider, owner).as_json()

    assert said["id"] == provider.public_id
    assert said["type"] == "provider"
    assert said["isRefused"] is False
    assert said["dependents"][0]["effect"] == Effect.REMOVED.value
    assert said["dependents"][0]["what"] == "models"
    assert set(said["dependents"][0]["named"][0]) == {"id", "name", "note"}
    assert said["usage"] == {"days": 7, "requests": 0, "cost": None, "unpricedRequests": 0}
