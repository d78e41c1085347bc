"""Every REST operation that writes leaves an event of its own, with who asked and by which key."""

import pytest

from accounts.models import AuditEvent, Role
from accounts.permissions import Permission, permission_of
from providers.api.serializers.models import ProviderModelPatchSerializer
from providers.api.serializers.providers import AiProviderPatchSerializer
from providers.models import ProjectRouting, Provider
from providers.services import model_lists, providers
from tests.axiom.api.test_api_matrix import path_of
from tests.axiom.api.world import ASKING, OPERATIONS, World, call, signed_in
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

# They look, or tick what one has read: nothing that people have set is another afterwards.
LOOKING = {
    "aiProviders:TestAiProvider",
    "aiProviders:TestAllAiProviders",
    "aiProviders:TestProviderModel",
    "aiProviders:CheckAiProvider",
    "audit:VerifyAudit",
    "egress:TestEgress",
    "notices:MarkNoticeRead",
    "notices:MarkNoticesRead",
}
# They need a login, which a world does not have.
NEEDS_LOGIN = {
    "aiProviders:StartLogin",
    "aiProviders:SubmitLoginCode",
    "aiProviders:RenewToken",
}
# What has to be done first.
FIRST = {
    "aiProviders:EnableAiProvider": "aiProviders:DisableAiProvider",
    "calendar:RevokeCalendarFeed": "calendar:RotateCalendarFeed",
    "routing:EndGameDay": "routing:BeginGameDay",
}
QUERIES = {"secrets:DeleteSecret": "force=true", "projects:DeleteProject": "name=Aurora"}
WRITES = [
    row
    for row in OPERATIONS
    if not row.rest.startswith("GET") and row.action not in ASKING | LOOKING | NEEDS_LOGIN
]


def make_possible(operation: Permission, world: World) -> None:
    """Take away what would stand in the way."""
    ProjectRouting.objects.filter(project=world.project).update(active_model=None)
    if "/installed-models" in operation.rest:
        Provider.objects.filter(pk=world.provider.pk).update(kind="ollama")


@pytest.mark.parametrize("operation", WRITES, ids=lambda row: row.action)
def test_what_is_written_is_on_record_under_its_own_permission(operation, here, elsewhere):
    make_possible(operation, here)
    is_staffs = operation.lowest_role is None
    client = signed_in(make_staff()) if is_staffs else here.script(Role.OWNER)
    path = here.path(operation) if is_staffs else path_of(here, operation)
    if operation.action in QUERIES:
        path += f"?{QUERIES[operation.action]}"
    if operation.action in FIRST:
        first = permission_of(FIRST[operation.action])
        call(client, first, path_of(here, first), here.body(first))
    last = AuditEvent.objects.latest("sequence").sequence

    answer = call(client, operation, path, here.body(operation))

    assert answer.status_code < 300, answer.content
    left = AuditEvent.objects.filter(sequence__gt=last)
    own = left.filter(action=operation.action, outcome="allowed").first()
    assert own, list(left.values_list("action", "target_type"))
    assert bool(own.key_id) is not is_staffs


def test_whatever_is_edited_of_a_model_is_told_before_and_after(here):
    told = model_lists.told(here.model)

    assert set(ProviderModelPatchSerializer().fields) <= told.keys()


def test_whatever_is_edited_of_a_provider_is_told_before_and_after(here):
    told = providers.told(here.provider).keys()

    # Its type is its kind here, and of a credential the secret's own events tell.
    assert set(AiProviderPatchSerializer().fields) - told == {"provider", "apiKey", "credential"}
