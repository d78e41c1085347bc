"""What is broken is still counted, listed and removed: nothing that is stored is a dead end."""

from contextlib import suppress

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.urls import NoReverseMatch, reverse
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.models import ApiKey, KeyEncryptionKey, Role
from providers.models import Provider, Secret
from tests.axiom.api.world import OPERATIONS, World, call, signed_in
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

IMPACTS = [row for row in OPERATIONS if row.action.endswith("Impact")]
# At the provider, which is called with what is broken: its answer says so.
UPSTREAM = {
    "aiProviders:ListLiveModels",
    "aiProviders:ListInstalledModels",
    "aiProviders:DeleteInstalledModel",
}
READS = [row for row in OPERATIONS if row.rest.startswith("GET") and row.action not in UPSTREAM]
DELETIONS = [
    row for row in OPERATIONS if row.rest.startswith("DELETE") and row.action not in UPSTREAM
]


def tear_the_secret(world: World) -> None:
    Secret.objects.filter(pk=world.secret.pk).update(ciphertext=b"torn", host="")


def lose_the_root_key(world: World) -> None:
    KeyEncryptionKey.objects.update(root_fingerprint="0" * 16)


def forget_the_kind(world: World) -> None:
    Provider.objects.filter(pk=world.provider.pk).update(kind="no-such-kind", config={"x": "y"})
    Secret.objects.filter(pk=world.secret.pk).update(kind="no-such-kind")


def grant_what_is_gone(world: World) -> None:
    """Leave object permissions of a model that was uninstalled, and of a row that is deleted."""
    gone = ContentType.objects.create(app_label="uninstalled", model="thing")
    lent = Permission.objects.create(content_type=gone, codename="view_thing", name="x")
    known = UserObjectPermission.objects.get(user=world.friend).permission
    for permission, pk in ((lent, world.provider.pk), (known, 987654)):
        about = {"permission": permission, "content_type": permission.content_type, "object_pk": pk}
        # Their own saving reads the object, which is not there any more.
        UserObjectPermission.objects.bulk_create([UserObjectPermission(user=world.friend, **about)])
        GroupObjectPermission.objects.bulk_create(
            [GroupObjectPermission(group=world.group, **about)]
        )


def tear_a_policy(world: World) -> None:
    ApiKey.objects.filter(pk=world.key.pk).update(policy=[{"effect": "Perhaps"}])


def counted(client, world):
    told = [call(client, row, world.path(row)).json() for row in IMPACTS]
    return [[(one["what"], one["count"]) for one in impact["dependents"]] for impact in told]


def pages_of(world: World):
    rows = (world.provider, world.secret, world.model, world.facade, world.agent, world.key)
    for row in (*rows, world.project, world.friend, world.group):
        start = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        with suppress(NoReverseMatch):
            yield reverse(f"{start}_changelist")
        for page in ("change", "impact", "delete", "revoke"):
            with suppress(NoReverseMatch):
                yield reverse(f"{start}_{page}", args=[getattr(row, "public_id", world.group.name)])


@pytest.mark.parametrize(
    "breaks",
    [(forget_the_kind, lose_the_root_key), (tear_the_secret, grant_what_is_gone, tear_a_policy)],
)
def test_what_is_broken_is_counted_as_before_and_nothing_fails_on_it(here, breaks):
    owner, staff = here.client(Role.OWNER), signed_in(make_staff())
    before = counted(owner, here)

    for broken in breaks:
        broken(here)

    assert counted(owner, here) == before
    for row in READS + DELETIONS:
        client = owner if row.lowest_role else staff
        answer = call(client, row, here.path(row), dry=True)
        assert answer.status_code in {200, 400, 409}, (row.action, answer.content)
    for page in pages_of(here):
        assert staff.get(page).status_code == 200, page
