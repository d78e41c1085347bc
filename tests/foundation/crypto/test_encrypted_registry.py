import pytest
from django.core import serializers
from django.db import models
from django.test.utils import isolate_apps

from foundation.crypto.fields import RootWrappedField
from foundation.crypto.registry import EncryptedField, SealedBytesField, encrypted_fields

with isolate_apps("foundation"):

    class Sealed(models.Model):
        name = models.CharField(max_length=20, default="")
        plain = models.BinaryField(default=b"")
        value = SealedBytesField()
        key = RootWrappedField(null=True)

        class Meta:
            app_label = "foundation"

        def __str__(self):
            return self.name


def test_it_lists_every_encrypted_field_and_no_other():
    assert encrypted_fields([Sealed]) == (
        EncryptedField("foundation.Sealed", "key"),
        EncryptedField("foundation.Sealed", "value"),
    )


def test_it_looks_at_all_installed_models_by_default():
    assert EncryptedField("foundation.Sealed", "key") not in encrypted_fields()


@pytest.mark.parametrize("form", ["json", "python", "xml"])
def test_sealed_bytes_are_never_exported(form):
    with pytest.raises(TypeError, match="Sealed holds sealed values"):
        serializers.serialize(form, [Sealed(value=b"sealed")], fields=["value"])
