"""What the database itself holds of a budget for paid probes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from providers.models import Provider
from tests.factories import make_provider

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("wrong", [{"probe_budget_usd": Decimal(-1)}, {"probes_per_day": 0}])
def test_a_budget_is_never_negative_and_never_no_probe_at_all(project, wrong):
    make_provider(project)

    with pytest.raises(IntegrityError), transaction.atomic():
        Provider.objects.update(**wrong)
