import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.crypto.envelope import CannotOpen, new_key, open_sealed, seal

BINDING = "providers.Secret/value/sec_0123456789abcdef/prj_0123456789abcdef"


def test_a_new_key_is_256_random_bits():
    keys = {new_key() for _ in range(100)}

    assert {len(key) for key in keys} == {32}
    assert len(keys) == 100


@given(plaintext=st.binary(max_size=4096), binding=st.text(min_size=1).filter(str.strip))
def test_what_was_sealed_opens_with_the_same_key_and_binding(plaintext, binding):
    key = new_key()
    try:
        binding.encode()
    except UnicodeEncodeError:
        return

    sealed = seal(plaintext, key=key, binding=binding)

    assert open_sealed(sealed, key=key, binding=binding) == plaintext


def test_a_view_on_a_database_row_opens_as_well():
    key = new_key()
    sealed = memoryview(seal(b"value", key=key, binding=BINDING))

    assert open_sealed(sealed, key=key, binding=BINDING) == b"value"


def test_sealing_twice_gives_different_bytes():
    key = new_key()

    assert seal(b"value", key=key, binding=BINDING) != seal(b"value", key=key, binding=BINDING)


def test_the_plaintext_is_not_in_the_sealed_bytes():
    assert b"canary" not in seal(b"canary", key=new_key(), binding=BINDING)


def test_the_format_is_a_version_a_nonce_the_ciphertext_and_a_tag():
    sealed = seal(b"12345", key=new_key(), binding=BINDING)

    assert sealed[0] == 1
    assert len(sealed) == 1 + 12 + 5 + 16


def test_a_value_sealed_by_the_first_release_opens_for_ever():
    key = hashlib.sha256(b"key").digest()
    sealed = bytes.fromhex("014233dc5abcf8447b25c0c5fe79315b39b0ca512f9a804cf8500814867e8ac5abfd")

    assert open_sealed(sealed, key=key, binding="table/field/id/project") == b"value"


def test_a_ciphertext_pasted_into_another_record_stays_closed():
    key = new_key()
    sealed = seal(b"value", key=key, binding=BINDING)

    with pytest.raises(CannotOpen):
        open_sealed(sealed, key=key, binding=BINDING.replace("sec_0", "sec_1"))


def test_another_key_does_not_open():
    sealed = seal(b"value", key=new_key(), binding=BINDING)

    with pytest.raises(CannotOpen):
        open_sealed(sealed, key=new_key(), binding=BINDING)


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_turned(position, bit):
    key = new_key()
    sealed = bytearray(seal(b"value", key=key, binding=BINDING))
    sealed[position % len(sealed)] ^= 1 << bit

    with pytest.raises(CannotOpen):
        open_sealed(bytes(sealed), key=key, binding=BINDING)


@given(st.binary(max_size=80))
def test_bytes_from_elsewhere_do_not_open_and_raise_nothing_else(content):
    with pytest.raises(CannotOpen):
        open_sealed(content, key=new_key(), binding=BINDING)


@pytest.mark.parametrize("length", range(0, 34, 3))
def test_a_truncated_value_does_not_open(length):
    key = new_key()
    sealed = seal(b"value", key=key, binding=BINDING)

    with pytest.raises(CannotOpen):
        open_sealed(sealed[:length], key=key, binding=BINDING)


@pytest.mark.parametrize("key", [b"", b"short", bytes(16), bytes(33)])
def test_a_key_of_another_size_neither_seals_nor_opens(key):
    sealed = seal(b"value", key=new_key(), binding=BINDING)

    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"value", key=key, binding=BINDING)
    with pytest.raises(CannotOpen):
        open_sealed(sealed, key=key, binding=BINDING)


def test_sealing_without_a_binding_is_refused():
    with pytest.raises(ValueError, match="names the record"):
        seal(b"value", key=new_key(), binding="")


def test_a_refusal_tells_nothing_of_key_or_value():
    key = new_key()
    sealed = seal(b"canary", key=new_key(), binding=BINDING)

    with pytest.raises(CannotOpen) as refusal:
        open_sealed(sealed, key=key, binding=BINDING)

    assert refusal.value.__cause__ is None
    assert str(refusal.value) == "The key or the record does not match the sealed value."
