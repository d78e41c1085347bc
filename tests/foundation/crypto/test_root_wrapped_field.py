import secrets

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from foundation.crypto.envelope import new_key
from foundation.crypto.fields import UNOPENED, CannotWrap, RootWrappedField, Unopened
from foundation.crypto.keys import RootKey, RootKeyRing

pytestmark = pytest.mark.django_db

with isolate_apps("foundation"):

    class Wrapper(models.Model):
        name = models.CharField(max_length=20, default="")
        key = RootWrappedField(null=True)

        class Meta:
            app_label = "foundation"
            db_table = "test_root_wrapper"

        def __str__(self):
            return self.name


def a_root_key():
    return RootKey(secrets.token_bytes(32))


@pytest.fixture(autouse=True)
def table(db):
    binary = {"postgresql": "bytea"}.get(connection.vendor, "blob")
    serial = {"postgresql": "serial"}.get(connection.vendor, "integer")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE test_root_wrapper"
            f" (id {serial} PRIMARY KEY, name varchar(20) NOT NULL, key {binary})"
        )


@pytest.fixture(autouse=True)
def root(settings):
    key = a_root_key()
    settings.ROOT_KEYS = RootKeyRing((key,))
    return key


def stored(wrapper):
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM test_root_wrapper WHERE id = %s", [wrapper.pk])
        return bytes(cursor.fetchone()[0])


def test_a_key_comes_back_as_it_went_in():
    key = new_key()

    wrapper = Wrapper.objects.create(key=key)

    assert Wrapper.objects.get(pk=wrapper.pk).key == key
    assert list(Wrapper.objects.values_list("key", flat=True)) == [key]


def test_no_key_stays_no_key():
    wrapper = Wrapper.objects.create(key=None)

    assert Wrapper.objects.get(pk=wrapper.pk).key is None
    assert Wrapper.objects.filter(key__isnull=True).exists()


def test_the_database_holds_neither_the_key_nor_the_root_key(root):
    key = new_key()

    content = stored(Wrapper.objects.create(key=key))

    assert key not in content
    assert root.value not in content
    assert content.startswith(b"gAAAA")


def test_the_same_key_is_wrapped_differently_each_time():
    key = new_key()

    assert stored(Wrapper.objects.create(key=key)) != stored(Wrapper.objects.create(key=key))


@pytest.mark.parametrize(
    "value", ["text of 32 characters, not bytes", b"", b"short", bytes(33), 32]
)
def test_only_32_bytes_are_a_key(value):
    with pytest.raises(CannotWrap, match="key of 32 bytes"):
        Wrapper.objects.create(key=value)


class TestRotation:
    def test_a_new_first_key_is_used_at_once_and_the_old_one_still_opens(self, settings, root):
        old, new = Wrapper.objects.create(key=new_key()), a_root_key()

        settings.ROOT_KEYS = RootKeyRing((new, root))
        fresh = Wrapper.objects.create(key=new_key())

        assert Wrapper.objects.get(pk=old.pk).key == old.key
        settings.ROOT_KEYS = RootKeyRing((new,))
        assert Wrapper.objects.get(pk=fresh.pk).key == fresh.key
        assert Wrapper.objects.get(pk=old.pk).key is UNOPENED

    def test_saving_again_moves_a_row_to_the_first_key(self, settings, root):
        wrapper, new = Wrapper.objects.create(key=new_key()), a_root_key()

        settings.ROOT_KEYS = RootKeyRing((new, root))
        Wrapper.objects.get(pk=wrapper.pk).save(update_fields=["key"])

        settings.ROOT_KEYS = RootKeyRing((new,))
        assert Wrapper.objects.get(pk=wrapper.pk).key == wrapper.key


class TestARowThatDoesNotOpen:
    def test_it_loads_beside_the_others(self, settings):
        Wrapper.objects.create(name="lost", key=new_key())
        settings.ROOT_KEYS = RootKeyRing((a_root_key(),))
        Wrapper.objects.create(name="fine", key=new_key())

        lost, fine = Wrapper.objects.order_by("pk")

        assert isinstance(lost.key, Unopened)
        assert isinstance(fine.key, bytes)

    @pytest.mark.parametrize("content", [b"", b"garbage", b"gAAAAA", bytes(200), b"\xff\xfe"])
    def test_damaged_content_loads_as_unopened(self, content):
        wrapper = Wrapper.objects.create(key=new_key())
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE test_root_wrapper SET key = %s WHERE id = %s", [content, wrapper.pk]
            )

        assert Wrapper.objects.get(pk=wrapper.pk).key is UNOPENED

    def test_it_is_never_written_back_over_the_wrapper(self, settings, root):
        wrapper = Wrapper.objects.create(key=new_key())
        settings.ROOT_KEYS = RootKeyRing((a_root_key(),))
        lost = Wrapper.objects.get(pk=wrapper.pk)

        with pytest.raises(CannotWrap), transaction.atomic():
            lost.save()

        settings.ROOT_KEYS = RootKeyRing((root,))
        assert Wrapper.objects.get(pk=wrapper.pk).key == wrapper.key

    def test_its_other_fields_can_still_be_saved(self, settings):
        wrapper = Wrapper.objects.create(key=new_key())
        settings.ROOT_KEYS = RootKeyRing((a_root_key(),))
        lost = Wrapper.objects.get(pk=wrapper.pk)

        lost.name = "renamed"
        lost.save(update_fields=["name"])

        assert Wrapper.objects.get(pk=wrapper.pk).name == "renamed"

    def test_the_sentinel_is_no_key_and_says_so(self):
        assert not isinstance(UNOPENED, bytes)
        assert repr(UNOPENED) == "<a wrapped key that no root key opens>"


class TestPathsThatWouldCorruptSilently:
    @pytest.mark.parametrize("expression", [F("name"), Lower("name"), Value("x")])
    def test_update_with_an_expression_is_refused(self, expression):
        wrapper = Wrapper.objects.create(key=new_key())

        with pytest.raises(CannotWrap, match="save each row"), transaction.atomic():
            Wrapper.objects.update(key=expression)

        assert Wrapper.objects.get(pk=wrapper.pk).key == wrapper.key

    def test_saving_an_expression_is_refused(self):
        wrapper = Wrapper.objects.create(key=new_key())
        key, wrapper.key = wrapper.key, F("name")

        with pytest.raises(CannotWrap), transaction.atomic():
            wrapper.save()

        assert Wrapper.objects.get(pk=wrapper.pk).key == key

    def test_creating_with_an_expression_is_refused(self):
        with pytest.raises(CannotWrap):
            Wrapper.objects.create(key=Value(new_key()))

    def test_bulk_update_is_refused(self):
        wrapper = Wrapper.objects.create(key=new_key())
        key, wrapper.key = wrapper.key, new_key()

        with pytest.raises(CannotWrap, match="bulk_update"), transaction.atomic():
            Wrapper.objects.bulk_update([wrapper], ["key"])

        assert Wrapper.objects.get(pk=wrapper.pk).key == key

    def test_update_with_a_key_wraps_it(self):
        wrapper, key = Wrapper.objects.create(key=new_key()), new_key()

        Wrapper.objects.filter(pk=wrapper.pk).update(key=key)

        assert Wrapper.objects.get(pk=wrapper.pk).key == key

    def test_bulk_create_wraps_each_key(self):
        keys = [new_key(), new_key()]

        Wrapper.objects.bulk_create(Wrapper(key=key) for key in keys)

        assert [wrapper.key for wrapper in Wrapper.objects.order_by("pk")] == keys

    def test_searching_by_key_is_refused(self):
        with pytest.raises(FieldError, match="does not support lookups"):
            Wrapper.objects.filter(key=new_key()).exists()


@pytest.mark.parametrize("form", ["json", "python", "xml"])
def test_a_key_is_never_exported(form):
    wrapper = Wrapper.objects.create(key=new_key())

    with pytest.raises(CannotWrap, match="Wrapper holds wrapped keys"):
        serializers.serialize(form, [wrapper])


def test_migrations_name_the_field_without_any_key():
    _, path, args, kwargs = RootWrappedField(null=True).deconstruct()

    assert path == "foundation.crypto.fields.RootWrappedField"
    assert (args, kwargs) == ([], {"null": True})
