"""Each rule of "Removing and deleting", in the layer that every face goes through."""

import pytest

from accounts.models import Epoch
from providers.models import ProjectRouting, Provider, ProviderModel, Secret, Status
from providers.models.refusals import (
    IsActiveModel,
    IsLastModel,
    OwnsActiveModel,
    SecretHasProviders,
)
from tests.factories import make_project, make_provider, make_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def provider(project):
    return make_provider(project, models=["first", "second", "third"])


def model_of(provider, upstream_id):
    return provider.models.get(upstream_id=upstream_id)


def routing_of(project):
    return ProjectRouting.objects.get(project=project)


def make_active(model):
    routing, _ = ProjectRouting.objects.get_or_create(project=model.provider.project)
    routing.set_active(model)
    return routing


def test_the_active_model_cannot_be_removed(provider):
    active = model_of(provider, "first")
    make_active(active)

    with pytest.raises(IsActiveModel, match="make another one active first"):
        active.delete()

    assert provider.models.count() == 3


def test_the_active_model_cannot_be_removed_by_a_queryset(provider):
    make_active(model_of(provider, "second"))

    with pytest.raises(IsActiveModel):
        ProviderModel.objects.filter(provider=provider).delete()

    assert provider.models.count() == 3


def test_the_active_model_cannot_be_disabled(provider):
    active = model_of(provider, "first")
    make_active(active)

    with pytest.raises(IsActiveModel, match="disabled"):
        active.disable()

    active.refresh_from_db()
    assert active.status == Status.ACTIVE


def test_the_last_model_of_a_provider_cannot_be_removed(project):
    only = make_provider(project, models=["only"]).models.get()

    with pytest.raises(IsLastModel, match="delete the provider instead"):
        only.delete()

    assert ProviderModel.objects.filter(pk=only.pk).exists()


def test_removing_the_fallback_model_clears_the_fallback_first(project, provider):
    routing = make_active(model_of(provider, "first"))
    routing.set_fallback(model_of(provider, "second"))

    model_of(provider, "second").delete()

    assert routing_of(project).fallback_model is None
    assert routing_of(project).active_model == model_of(provider, "first")


def test_disabling_the_fallback_model_clears_the_fallback(project, provider):
    routing = make_active(model_of(provider, "first"))
    routing.set_fallback(model_of(provider, "second"))

    model_of(provider, "second").disable()

    assert routing_of(project).fallback_model is None


def test_disabling_the_task_model_clears_it(project, provider):
    routing = make_active(model_of(provider, "first"))
    routing.set_task(model_of(provider, "third"))

    model_of(provider, "third").disable()

    assert routing_of(project).task_model is None


def test_removing_the_default_model_makes_the_next_remaining_one_the_default(provider):
    assert provider.default_model.upstream_id == "first"

    model_of(provider, "first").delete()

    provider.refresh_from_db()
    assert provider.default_model.upstream_id == "second"


def test_a_disabled_model_is_not_made_the_next_default(provider):
    model_of(provider, "second").disable()

    model_of(provider, "first").delete()

    provider.refresh_from_db()
    assert provider.default_model.upstream_id == "third"


@pytest.mark.parametrize("verb", ["delete", "disable"])
def test_the_provider_that_owns_the_active_model_stays(provider, verb):
    make_active(model_of(provider, "first"))

    with pytest.raises(OwnsActiveModel, match="make another model active first"):
        getattr(provider, verb)()

    provider.refresh_from_db()
    assert provider.status == Status.ACTIVE


def test_a_provider_that_owns_the_active_model_is_not_deleted_by_a_queryset(project, provider):
    other = make_provider(project, models=["x"])
    make_active(model_of(provider, "first"))

    with pytest.raises(OwnsActiveModel):
        Provider.objects.filter(project=project).delete()

    assert Provider.objects.filter(pk__in=[provider.pk, other.pk]).count() == 2


def test_deleting_a_provider_takes_its_models_and_its_unshared_secret(project):
    secret = make_secret(project)
    provider = make_provider(project, secret=secret, models=["a", "b"])

    provider.delete()

    assert not ProviderModel.objects.exists()
    assert not Secret.objects.filter(pk=secret.pk).exists()


def test_deleting_a_provider_leaves_a_secret_that_another_one_uses(project):
    secret = make_secret(project)
    gone = make_provider(project, secret=secret, models=["a"])
    kept = make_provider(project, secret=secret, models=["b"])

    gone.delete()

    kept.refresh_from_db()
    assert kept.secret == secret


def test_disabling_a_provider_keeps_what_it_has_and_clears_the_fallback_in_it(project, provider):
    other = make_provider(project, models=["spare"])
    routing = make_active(model_of(provider, "first"))
    routing.set_fallback(other.models.get())

    other.disable()

    assert other.models.count() == 1
    assert routing_of(project).fallback_model is None
    assert not ProviderModel.objects.usable().filter(provider=other).exists()


def test_deleting_a_secret_that_providers_use_is_refused_and_names_them(project):
    secret = make_secret(project)
    users = [make_provider(project, secret=secret, models=["m"]) for _ in range(22)]

    with pytest.raises(SecretHasProviders, match="used by 22 providers") as refusal:
        secret.delete()

    assert refusal.value.count == 22
    assert len(refusal.value.ids) == 20
    assert set(refusal.value.ids) <= {provider.public_id for provider in users}


def test_forcing_the_deletion_of_a_secret_deletes_its_providers_too(project):
    secret = make_secret(project)
    make_provider(project, secret=secret, models=["m"])
    make_provider(project, secret=secret, models=["m"])

    secret.delete_with_providers()

    assert not Provider.objects.exists()
    assert not Secret.objects.exists()


def test_forcing_the_deletion_of_a_secret_spares_the_owner_of_the_active_model(project):
    secret = make_secret(project)
    provider = make_provider(project, secret=secret, models=["m"])
    make_active(provider.models.get())

    with pytest.raises(OwnsActiveModel):
        secret.delete_with_providers()

    assert Secret.objects.filter(pk=secret.pk).exists()


def test_every_such_change_is_announced(provider):
    before = Epoch.current()

    model_of(provider, "third").delete()

    assert Epoch.current() > before


def test_a_model_is_unique_within_its_provider(provider):
    twin = ProviderModel(provider=provider, upstream_id="first")

    with pytest.raises(Exception, match="already has that model"):
        twin.full_clean()
