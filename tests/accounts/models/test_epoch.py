import pytest
from django.db import IntegrityError, transaction

from accounts.models import Epoch

pytestmark = pytest.mark.django_db


def test_the_epoch_starts_at_nothing_and_moves_with_each_change():
    assert Epoch.current() == 0

    Epoch.bump()
    Epoch.bump()

    assert Epoch.current() == 2


def test_a_change_that_is_undone_takes_its_announcement_back():
    Epoch.bump()

    with transaction.atomic():
        Epoch.bump()
        transaction.set_rollback(True)

    assert Epoch.current() == 1


def test_there_is_one_epoch():
    with pytest.raises(IntegrityError, match="epoch_has_one_row"), transaction.atomic():
        Epoch.objects.create(pk=2)


def test_a_bump_costs_one_statement(django_assert_num_queries):
    Epoch.bump()

    with django_assert_num_queries(1):
        Epoch.bump()
