import base64
import hashlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.crypto.keys import RootKey, RootKeyRing, WeakKey, derive

# Looks random and is the same in every run, as the names of parametrised tests must be.
NOISE = hashlib.sha512(b"noise").digest()


def encoded(value):
    return base64.b64encode(value).decode()


class TestRootKey:
    def test_a_random_key_is_accepted_in_every_base64_alphabet(self):
        value = b"\xfb\xff" + secrets.token_bytes(30)
        spellings = [
            encoded(value),
            encoded(value).rstrip("="),
            base64.urlsafe_b64encode(value).decode(),
            base64.urlsafe_b64encode(value).decode().rstrip("="),
        ]

        assert {RootKey.from_text(text).value for text in spellings} == {value}

    def test_its_fingerprint_is_sixteen_hex_digits_of_the_key_alone(self):
        value = secrets.token_bytes(32)

        fingerprint = RootKey(value).fingerprint

        assert fingerprint == derive(value, "fingerprint", 8).hex()
        assert len(fingerprint) == 16
        assert fingerprint != RootKey(secrets.token_bytes(32)).fingerprint

    def test_its_value_is_not_in_its_repr(self):
        key = RootKey(secrets.token_bytes(32))

        assert repr(key.value) not in repr(key)
        assert key.fingerprint in repr(key)

    @given(st.binary(max_size=64).filter(lambda value: len(value) != 32))
    def test_any_other_length_is_refused(self, value):
        with pytest.raises(WeakKey, match=f"32 bytes, and this one is {len(value)}"):
            RootKey(value)

    @pytest.mark.parametrize(
        "value",
        [
            bytes(32),
            b"\xff" * 32,
            b"\x07" * 32,
            bytes.fromhex("deadbeef") * 8,
            bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2,
            (b"\x01\x02\x03" * 11)[:32],
            (b"\x91\xa2\xb3\xc4\xd5" * 7)[:32],
            bytes(range(32)),
            bytes(range(31, -1, -1)),
            bytes(range(0x80, 0xA0)),
            bytes((7 * step) % 256 for step in range(32)),
            bytes(31) + b"\x01",
            b"\x01" + bytes(31),
            bytes(18) + NOISE[:14],
            bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
            base64.urlsafe_b64decode("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="),
            b"changeme-changeme-now-changeme-1",
            b"0123456789abcdef0123456789ABCDEF",
            b"this is a very secret passphrase",
            b"correct horse battery staple no1",
            b"9f86d081884c7d659a2feaa0c55ad015",
        ],
        ids=lambda value: value.hex()[:24],
    )
    def test_a_key_that_somebody_could_guess_is_refused(self, value):
        with pytest.raises(WeakKey, match="openssl rand -base64 32"):
            RootKey(value)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "changeme",
            "change_me",
            "ChangeMe" * 5 + "abc",
            "your-secret-key-goes-here-your-secret-k",
            "django-insecure-abcdefghijklmnopqrstuvwxyz0",
            "0123456789abcdef0123456789abcdef",
            "0123456789" * 4 + "012",
            "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabc",
            "A" * 43,
            "hunter2" * 6 + "h",
            encoded(bytes(31)),
            encoded(NOISE[:31]),
            encoded(NOISE[:16]),
            encoded(NOISE[:48]),
            NOISE[:32].hex(),
            "not base64 at all!",
            "ключ",
            "=",
            "====",
            "a",
        ],
    )
    def test_text_that_is_no_32_byte_key_is_refused_and_told_what_to_do(self, text):
        with pytest.raises(WeakKey, match="Make a new key with `openssl rand -base64 32`"):
            RootKey.from_text(text)

    def test_a_refusal_never_quotes_the_key(self):
        text = encoded(secrets.token_bytes(31))

        with pytest.raises(WeakKey) as refusal:
            RootKey.from_text(text)

        assert text not in str(refusal.value)
        assert refusal.value.__cause__ is None

    @given(st.randoms(use_true_random=True))
    def test_random_keys_are_never_taken_for_weak(self, source):
        value = source.randbytes(32)

        assert RootKey.from_text(encoded(value)).value == value


class TestRootKeyRing:
    def test_the_first_key_encrypts_and_all_of_them_open(self):
        new, old = secrets.token_bytes(32), secrets.token_bytes(32)

        ring = RootKeyRing.from_text(f"{encoded(new)}, {encoded(old)}")

        assert ring.primary.value == new
        assert [key.value for key in ring.keys] == [new, old]
        assert ring.fingerprints == tuple(key.fingerprint for key in ring.keys)

    def test_keys_may_stand_on_lines_of_a_file(self):
        new, old = secrets.token_bytes(32), secrets.token_bytes(32)

        ring = RootKeyRing.from_text(f"{encoded(new)}\n{encoded(old)}\n")

        assert [key.value for key in ring.keys] == [new, old]

    @pytest.mark.parametrize("text", ["", "  ", ",", "\n,\n"])
    def test_an_empty_ring_is_refused(self, text):
        with pytest.raises(WeakKey, match="There is no root key"):
            RootKeyRing.from_text(text)

    def test_one_weak_key_among_good_ones_is_refused(self):
        with pytest.raises(WeakKey):
            RootKeyRing.from_text(f"{encoded(secrets.token_bytes(32))},{encoded(bytes(32))}")

    def test_the_same_key_twice_is_refused(self):
        text = encoded(secrets.token_bytes(32))

        with pytest.raises(WeakKey, match="listed twice"):
            RootKeyRing.from_text(f"{text},{text}")

    def test_no_value_is_in_the_repr_of_a_ring(self):
        ring = RootKeyRing((RootKey(secrets.token_bytes(32)),))

        assert repr(ring.primary.value) not in repr(ring)


class TestDerive:
    def test_it_is_hkdf_with_sha256(self):
        # What `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:… -kdfopt info:label`
        # gives for the input key of RFC 5869, appendix A.
        expected = "251a01748cf5497142a517632da6230038a0f3eb73fc199db6ad73c9c945fb6b"

        assert derive(bytes.fromhex("0b" * 22), "label").hex() == expected

    def test_purposes_do_not_share_a_key(self):
        key = secrets.token_bytes(32)

        assert derive(key, "api-keys") != derive(key, "fingerprint")

    def test_the_same_purpose_gets_the_same_key_again(self):
        key = secrets.token_bytes(32)

        assert derive(key, "api-keys") == derive(key, "api-keys")

    def test_it_gives_as_many_bytes_as_were_asked_for(self):
        assert len(derive(b"key", "label", 48)) == 48

    @pytest.mark.parametrize(("key", "label"), [(b"", "label"), (b"key", "")])
    def test_it_needs_a_key_and_a_label(self, key, label):
        with pytest.raises(ValueError, match="a key and a label"):
            derive(key, label)
