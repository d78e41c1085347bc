"""A project in fallback mode: its fallback is asked first, from the next snapshot on."""

import pytest

from gateway.snapshots.loading import table_of
from providers.health import Mode
from providers.models import ProjectRouting
from providers.services import routing
from tests.factories import make_project, make_provider

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("mode", "order"), [(Mode.NORMAL, ["big", "small"]), (Mode.FALLBACK, ["small", "big"])]
)
def test_the_mode_decides_who_is_asked_first(mode, order):
    project = make_project()
    big, small = (make_provider(project, models=(name,)) for name in ("big", "small"))
    models = {"active_model": big.models.get(), "fallback_model": small.models.get()}
    routing.choose(project, models, by=None)
    ProjectRouting.objects.update(mode=mode)

    table = table_of(project.pk)

    assert [target.upstream_id for target in table.default] == order
