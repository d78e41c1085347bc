import pytest
from django.utils import timezone

from accounts.grants import grant
from accounts.models import ApiKey, AuditEvent, Membership, Project
from accounts.permissions import Undeclared
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet, wall_of
from providers.models import Provider, ProviderModel, Secret
from providers.models.secret import SecretUse
from tests.factories import make_key, make_member, make_project, make_user

pytestmark = pytest.mark.django_db


def provider_of(project, name="Acme"):
    return Provider.objects.create(project=project, name=name, kind="openai")


def model_of(provider, upstream_id="gpt"):
    return ProviderModel.objects.create(provider=provider, upstream_id=upstream_id)


def by_key(project, policy=None):
    key, _ = make_key(project, policy=policy)
    return Principal.of_key(ApiKey.objects.with_principal().get(pk=key.pk), now=timezone.now())


def test_members_see_what_is_theirs_and_strangers_nothing(project, viewer, stranger, staff):
    provider = provider_of(project)

    assert list(Provider.objects.visible_to(viewer)) == [provider]
    assert list(Provider.objects.visible_to(stranger)) == []
    assert list(Provider.objects.visible_to(make_user())) == []
    assert list(Provider.objects.visible_to(staff)) == [provider]


def test_what_hangs_off_a_provider_stands_behind_the_same_wall(project, viewer, stranger):
    model = model_of(provider_of(project))

    assert list(ProviderModel.objects.visible_to(viewer)) == [model]
    assert list(ProviderModel.objects.visible_to(stranger)) == []
    assert ProviderModel.objects.for_project(project).get() == model


def test_a_role_sees_only_what_it_may_list(project, owner, viewer):
    assert AuditEvent.objects.visible_to(owner).exists()
    assert not AuditEvent.objects.visible_to(viewer).exists()


def test_suspended_people_see_nothing(project, viewer, staff):
    provider_of(project)

    viewer.suspend(by=staff)

    assert not Provider.objects.visible_to(viewer).exists()
    assert not Project.objects.visible_to(viewer).exists()


def test_an_archived_project_hides_what_is_in_it_and_shows_itself(project, owner, staff):
    provider = provider_of(project)

    project.archive(by=owner)

    assert not Provider.objects.visible_to(owner).exists()
    assert list(Project.objects.visible_to(owner)) == [project]
    assert list(Provider.objects.visible_to(staff)) == [provider]


def test_what_is_shared_shows_where_the_model_says_so(project, viewer, staff):
    shared, secret = provider_of(None), _shared_secret()

    assert list(Provider.objects.visible_to(viewer)) == [shared]
    assert list(Provider.objects.visible_to(make_user())) == []
    assert list(Secret.objects.visible_to(viewer)) == []
    assert list(Secret.objects.visible_to(staff)) == [secret]


def test_a_project_has_its_own_and_may_use_what_is_shared(project):
    own, shared, _foreign = provider_of(project), provider_of(None), provider_of(make_project())

    assert set(Provider.objects.for_project(project)) == {own, shared}


def test_no_project_means_what_is_shared_and_never_everything(project):
    provider_of(project)
    shared = provider_of(None)

    assert list(Provider.objects.for_project(None)) == [shared]
    assert list(Project.objects.for_project(None)) == []


def test_a_granted_object_is_seen_by_somebody_who_is_no_member(project, stranger):
    seen, _unseen = provider_of(project, "Seen"), provider_of(project, "Unseen")

    grant(stranger, "view", seen)

    assert list(Provider.objects.visible_to(stranger)) == [seen]


def test_a_grant_on_a_provider_shows_its_models(project, stranger):
    provider = provider_of(project)
    model = model_of(provider)

    grant(stranger, "view", provider)

    assert list(ProviderModel.objects.visible_to(stranger)) == [model]


def test_several_members_and_grants_never_double_a_row(project, viewer):
    provider = provider_of(project)
    for _ in range(3):
        make_member(project)
    grant(viewer, "view", provider)
    grant(viewer, "change", provider)

    assert list(Provider.objects.visible_to(viewer)) == [provider]


def test_a_key_sees_its_project_alone(project, owner):
    own, _other = provider_of(project), provider_of(make_project(owner=owner))
    principal = by_key(project)

    assert list(Provider.objects.visible_to(principal)) == [own]
    assert list(Project.objects.visible_to(principal)) == [project]


def test_a_key_of_staff_sees_its_project_alone(project, staff):
    own, _other = provider_of(project), provider_of(make_project())
    key, _ = make_key(project, created_by=staff)

    principal = Principal.of_key(key, now=timezone.now())

    assert list(Provider.objects.visible_to(principal)) == [own]


@pytest.mark.parametrize(
    ("resources", "denied", "seen"),
    [
        (["*"], [], {"One", "Two"}),
        (["aip_*"], [], {"One", "Two"}),
        (["sec_*"], [], set()),
        (["One"], [], {"One"}),
        (["*"], ["One"], {"Two"}),
        (["*"], ["aip_*"], set()),
    ],
)
def test_a_list_leaves_out_what_a_keys_policy_does_not_reach(project, resources, denied, seen):
    ids = {name: provider_of(project, name).public_id for name in ("One", "Two")}
    action = ["aiProviders:ListAiProviders"]
    policy = [
        {
            "effect": "Allow",
            "action": action,
            "resource": [ids.get(name, name) for name in resources],
        }
    ]
    if denied:
        policy += [
            {
                "effect": "Deny",
                "action": action,
                "resource": [ids.get(name, name) for name in denied],
            }
        ]

    visible = Provider.objects.visible_to(by_key(project, policy))

    assert {provider.name for provider in visible} == seen


def test_what_a_policy_does_not_list_is_inside_the_wall_all_the_same(project):
    provider = provider_of(project)
    principal = by_key(project, policy=[])

    assert not Provider.objects.visible_to(principal).exists()
    assert list(Provider.objects.inside_wall_of(principal)) == [provider]


def test_the_wall_costs_no_query_of_its_own(project, viewer, django_assert_num_queries):
    provider_of(project)
    list(Provider.objects.visible_to(viewer))

    with django_assert_num_queries(1):
        list(Provider.objects.visible_to(viewer).for_project(project))


def test_the_wall_never_guesses_for_a_model_that_nobody_declared(viewer):
    with pytest.raises(Undeclared):
        WalledQuerySet(SecretUse).visible_to(viewer)


def test_every_row_knows_its_project(project, owner):
    provider = provider_of(project)
    rows = [project, provider, model_of(provider), make_key(project)[0]]
    rows += [Membership.objects.get(user=owner), AuditEvent.objects.latest("sequence")]

    for row in rows:
        wall = wall_of(type(row))
        assert wall is not None
        assert wall.project_of(row) == project


def _shared_secret():
    secret = Secret(name="shared", kind="openai")
    secret.seal({"api_key": "invented"}, now=timezone.now())
    secret.save()
    return secret
