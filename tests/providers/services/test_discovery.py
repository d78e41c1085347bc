"""Refresh from provider: what is new, unchanged and no longer listed, and taking it over."""

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.refusals import Refused
from providers import tasks
from providers.kinds.vocabulary import ErrorClass, ListedModel, Outcome
from providers.models import Operation, ProjectRouting, ProviderModel
from providers.services import catalog, connections, discovery, model_lists
from providers.services.connections import ListingFailed, LiveList
from tests.factories import make_catalog_entry, make_provider

pytestmark = pytest.mark.django_db


def listed(*ids, kind="chat"):
    return tuple(ListedModel(model_id, model_id, kind) for model_id in ids)


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("kept", "gone"))


@pytest.fixture
def lists(monkeypatch):
    def answer(live):
        def live_models_of(_provider, *, now):
            if isinstance(live, Exception):
                raise live
            return live

        monkeypatch.setattr(connections, "live_models_of", live_models_of)

    return answer


def refresh(provider, by=None):
    operation = Operation.start(Operation.Verb.REFRESH_MODELS, provider, by=by)
    tasks.refresh_models.apply(kwargs={"operation_id": operation.pk}, throw=True)
    operation.refresh_from_db()
    return operation


def test_a_live_list_is_set_beside_what_is_here(provider):
    found = discovery.compare(listed("kept", "new"), provider.models.all())

    assert [model.id for model in found.new] == ["new"]
    assert [model.upstream_id for model in found.unchanged] == ["kept"]
    assert [model.upstream_id for model in found.gone] == ["gone"]
    assert found.words == "1 new, 1 unchanged, 1 no longer listed"


def test_a_model_without_a_tag_is_the_one_tagged_latest(project):
    provider = make_provider(project, models=("llama3.3", "qwen3:8b", "phi4:latest"))

    found = discovery.compare(
        listed("llama3.3:latest", "qwen3:latest", "phi4:latest"), provider.models.all()
    )

    assert [model.id for model in found.new] == ["qwen3:latest"]
    assert [model.upstream_id for model in found.unchanged] == ["llama3.3", "phi4:latest"]
    assert [model.upstream_id for model in found.gone] == ["qwen3:8b"]


def test_of_a_list_that_was_cut_nobody_says_what_it_lacks(provider):
    found = discovery.compare(listed("kept"), provider.models.all(), is_cut=True)

    assert found.gone == ()


def test_the_operation_keeps_the_answer_and_says_it_in_one_line(provider, lists):
    lists(LiveList(listed("kept", "new")))

    operation = refresh(provider)

    assert operation.state == Operation.State.SUCCEEDED
    assert operation.message == ("Main lists 2 models: 1 new, 1 unchanged, 1 no longer listed.")
    assert operation.result["listed"][1] == {"id": "new", "name": "new", "kind": "chat"}
    assert provider.models.count() == 2


def test_a_provider_that_refuses_its_list_is_told_in_its_words(provider, lists):
    refusal = Outcome(False, 5, ErrorClass.INVALID_KEY, "Main did not accept the key.", 401)
    lists(ListingFailed(refusal))

    operation = refresh(provider)

    assert operation.state == Operation.State.SUCCEEDED
    assert operation.result == {"ok": False, "errorClass": "invalid_key"}
    assert operation.message == "Main did not accept the key."


def test_what_was_ticked_is_added_with_the_catalogs_values_and_what_is_gone_removed(
    provider, owner
):
    make_catalog_entry("new", input_price="2.5", context_window=128_000)
    found = discovery.compare(listed("kept", "new", "other"), provider.models.all())
    gone = provider.models.get(upstream_id="gone")

    taken = discovery.take(
        provider, found, add=["new", "nonsense"], remove=[gone.public_id], by=owner
    )

    assert taken.sentence == "1 added, 1 removed."
    models = {model.upstream_id: model for model in provider.models.all()}
    assert set(models) == {"kept", "new"}
    assert models["new"].context_window == 128_000
    assert models["new"].source == "Catalog 2026.11.20"
    assert models["new"].position > models["kept"].position
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"aiProviders:CreateProviderModel", "aiProviders:DeleteProviderModel"} <= actions


def test_a_listed_embedding_model_is_added_as_one(provider, owner):
    found = discovery.compare(listed("vectors", kind="embedding"), provider.models.all())

    discovery.take(provider, found, add=["vectors"], remove=[], by=owner)

    assert provider.models.get(upstream_id="vectors").kind == "embedding"


def test_what_somebody_added_meanwhile_is_passed_over(provider, owner):
    found = discovery.compare(listed("kept", "new"), provider.models.all())
    provider.models.create(upstream_id="new", position=9)

    taken = discovery.take(provider, found, add=["new"], remove=[], by=owner)

    assert taken.added == 0


def test_a_removal_that_a_rule_forbids_leaves_all_as_it_was(project, provider, owner):
    ProjectRouting.of(project).set_active(provider.models.get(upstream_id="gone"))
    found = discovery.compare(listed("kept", "new"), provider.models.all())
    gone = provider.models.get(upstream_id="gone")

    with pytest.raises(Refused):
        discovery.take(provider, found, add=["new"], remove=[gone.public_id], by=owner)

    assert set(provider.models.values_list("upstream_id", flat=True)) == {"kept", "gone"}


def test_asking_twice_joins_who_asks_already(provider, owner):
    first = tasks.begin_refresh(provider, by=owner)

    assert tasks.begin_refresh(provider, by=owner) == first


def test_an_operation_whose_provider_has_gone_ends_with_a_sentence(provider, lists):
    lists(LiveList(()))
    operation = Operation.start(Operation.Verb.REFRESH_MODELS, provider, by=None)
    provider.delete()

    tasks.refresh_models.apply(kwargs={"operation_id": operation.pk}, throw=True)

    operation.refresh_from_db()
    assert operation.message == "The provider was deleted meanwhile."
    assert timezone.now() >= operation.finished_at


def test_a_list_that_could_be_had_in_part_says_what_is_lacking_and_calls_nothing_gone(
    provider, lists
):
    lists(LiveList(listed("kept"), is_cut=True, lacking="Bedrock lists no profiles to this key."))

    operation = refresh(provider)

    assert operation.message.endswith(
        "A part of its list could not be had: Bedrock lists no profiles to this key."
    )
    assert operation.result["noLongerListed"] == 0


def test_the_first_model_of_a_projects_first_provider_becomes_active(project, lists):
    provider = make_provider(project, models=())
    found = discovery.compare(listed("first"), ())

    discovery.take(provider, found, add={"first"}, remove=(), by=None)

    assert ProjectRouting.objects.get(project=project).active_model.upstream_id == "first"


@pytest.mark.parametrize("is_by_hand", [True, False])
def test_so_does_one_that_is_imported_or_added_by_hand(project, is_by_hand):
    provider = make_provider(project, models=())

    if is_by_hand:
        model_lists.add_custom(ProviderModel(provider=provider, upstream_id="first"), by=None)
    else:
        make_catalog_entry("first")
        catalog.import_into(provider)

    assert ProjectRouting.objects.get(project=project).active_model.upstream_id == "first"


def test_a_model_added_to_another_provider_changes_no_routing(project, provider):
    with transaction.atomic():
        ProjectRouting.of(project).set_active(provider.models.get(upstream_id="kept"))
    other = make_provider(project, models=())

    model_lists.add_custom(ProviderModel(provider=other, upstream_id="first"), by=None)

    assert ProjectRouting.objects.get(project=project).active_model.upstream_id == "kept"
