import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.forms import modelform_factory
from django.test.utils import isolate_apps

from foundation.fields import PublicIdChanged, PublicIdField

with isolate_apps("foundation"):

    class Thing(models.Model):
        public_id = PublicIdField(prefix="thg")
        name = models.CharField(max_length=20, default="")

        class Meta:
            app_label = "foundation"
            db_table = "test_public_id"

        def __str__(self):
            return self.name


@pytest.fixture
def table(db):
    serial = {"postgresql": "serial"}.get(connection.vendor, "integer")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE test_public_id (id {serial} PRIMARY KEY,"
            f" public_id varchar(20) NOT NULL UNIQUE, name varchar(20) NOT NULL)"
        )


def test_a_new_record_has_its_id_before_it_is_saved():
    assert re.fullmatch(r"thg_[A-Za-z0-9]{16}", Thing().public_id)


def test_each_record_gets_an_id_of_its_own():
    assert Thing().public_id != Thing().public_id


def test_the_id_survives_saving_and_loading(table):
    thing = Thing.objects.create()

    assert Thing.objects.get(public_id=thing.public_id) == thing


def test_the_id_of_a_saved_record_never_changes(table):
    thing = Thing.objects.create()
    loaded = Thing.objects.get()

    for saved in (thing, loaded):
        with pytest.raises(PublicIdChanged, match="make a new record"):
            saved.public_id = "thg_0123456789abcdef"

    assert thing.public_id == loaded.public_id


def test_a_record_can_be_loaded_again_and_in_parts(table):
    thing = Thing.objects.create()

    thing.refresh_from_db()
    partial = Thing.objects.only("name").get()

    assert partial.get_deferred_fields() == {"public_id"}
    assert partial.public_id == thing.public_id


def test_a_copy_that_is_not_saved_yet_may_have_another_id(table):
    thing = Thing.objects.create()
    first = thing.public_id

    thing.pk, thing._state.adding = None, True
    thing.public_id = Thing().public_id
    thing.save()

    assert Thing.objects.count() == 2
    assert thing.public_id != first


def test_two_records_can_not_share_an_id(table):
    thing = Thing.objects.create()

    with pytest.raises(IntegrityError), transaction.atomic():
        Thing.objects.create(public_id=thing.public_id)


def test_case_matters(table):
    Thing.objects.create(public_id="thg_aaaaaaaaaaaaaaaa")

    assert not Thing.objects.filter(public_id="thg_AAAAAAAAAAAAAAAA").exists()


def test_no_form_edits_it():
    assert "public_id" not in modelform_factory(Thing, fields="__all__").base_fields


def test_a_longer_id_is_invalid():
    with pytest.raises(ValidationError):
        Thing(public_id="thg_" + "a" * 17).clean_fields()


def test_a_migration_names_the_prefix_alone():
    field = Thing._meta.get_field("public_id")

    written, imports = MigrationWriter.serialize(field)

    assert written == "foundation.fields.PublicIdField(prefix='thg')"
    assert imports == {"import foundation.fields"}


def test_a_clone_makes_ids_of_the_same_kind():
    clone = Thing._meta.get_field("public_id").clone()

    assert clone.get_default().startswith("thg_")
    assert (clone.max_length, clone.unique, clone.editable) == (20, True, False)
