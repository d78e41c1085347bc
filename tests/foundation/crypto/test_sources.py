import base64
import os
import secrets
import stat

import pytest

from foundation.crypto.keys import WeakKey
from foundation.crypto.sources import RootKeyUnavailable, create_key_file, load_root_keys


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "root.key"
    create_key_file(path)
    return path


def a_key():
    return base64.b64encode(secrets.token_bytes(32)).decode()


class TestCreatingAFile:
    def test_a_new_file_holds_a_key_that_loads(self, key_file):
        ring = load_root_keys("file", env_value=None, path=key_file)

        assert len(ring.keys) == 1

    def test_only_its_owner_can_open_it_whatever_the_umask(self, tmp_path):
        before = os.umask(0)
        try:
            create_key_file(tmp_path / "root.key")
        finally:
            os.umask(before)

        assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600

    def test_missing_folders_are_made_for_the_owner_alone(self, tmp_path):
        create_key_file(tmp_path / "data" / "root.key")

        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700

    def test_two_files_hold_two_keys(self, tmp_path):
        create_key_file(tmp_path / "one")
        create_key_file(tmp_path / "two")

        assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()

    def test_a_file_is_never_replaced(self, key_file):
        before = key_file.read_bytes()

        with pytest.raises(FileExistsError):
            create_key_file(key_file)

        assert key_file.read_bytes() == before

    def test_a_link_is_not_followed(self, tmp_path):
        (tmp_path / "root.key").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(FileExistsError):
            create_key_file(tmp_path / "root.key")

        assert not (tmp_path / "elsewhere").exists()

    def test_a_write_that_fails_leaves_no_half_key_behind(self, tmp_path, monkeypatch):
        def full_disk(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full_disk)

        with pytest.raises(OSError, match="No space left"):
            create_key_file(tmp_path / "root.key")

        assert not (tmp_path / "root.key").exists()


class TestReadingAFile:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610, 0o666])
    def test_a_file_that_others_can_open_is_refused(self, key_file, mode):
        key_file.chmod(mode)

        with pytest.raises(RootKeyUnavailable, match=r"Run `chmod 600 .*root\.key`"):
            load_root_keys("file", env_value=None, path=key_file)

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_a_file_of_its_owner_alone_is_read(self, key_file, mode):
        key_file.chmod(mode)

        assert load_root_keys("file", env_value=None, path=key_file).keys

    def test_a_file_of_somebody_else_is_refused(self, key_file, monkeypatch):
        stranger = key_file.stat().st_uid + 4242
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
        status = os.stat_result((stat.S_IFREG | 0o600, 0, 0, 1, stranger + 1, 0, 0, 0, 0, 0))
        monkeypatch.setattr(os, "fstat", lambda _descriptor: status)

        with pytest.raises(RootKeyUnavailable, match="belongs to somebody else"):
            load_root_keys("file", env_value=None, path=key_file)

    def test_a_missing_file_sends_to_the_backup(self, tmp_path):
        with pytest.raises(RootKeyUnavailable, match="Restore it from your backup"):
            load_root_keys("file", env_value=None, path=tmp_path / "root.key")

    def test_a_folder_is_no_key_file(self, tmp_path):
        with pytest.raises(RootKeyUnavailable, match="can't be read"):
            load_root_keys("file", env_value=None, path=tmp_path)

    def test_bytes_are_no_key_file(self, key_file):
        key_file.write_bytes(b"\xff" * 32)

        with pytest.raises(RootKeyUnavailable, match="holds no base64 text") as refusal:
            load_root_keys("file", env_value=None, path=key_file)

        assert refusal.value.__cause__ is None

    def test_an_empty_file_is_refused(self, key_file):
        key_file.write_text("\n")

        with pytest.raises(WeakKey, match="There is no root key"):
            load_root_keys("file", env_value=None, path=key_file)

    def test_the_file_wins_nothing_from_the_environment(self, key_file):
        ring = load_root_keys("file", env_value=a_key(), path=key_file)

        assert base64.b64encode(ring.primary.value).decode() == key_file.read_text().strip()


class TestTheEnvironment:
    def test_one_or_more_keys_are_read(self, tmp_path):
        ring = load_root_keys("env", env_value=f"{a_key()},{a_key()}", path=tmp_path / "unused")

        assert len(ring.keys) == 2

    @pytest.mark.parametrize("value", [None, ""])
    def test_no_value_is_refused_and_no_file_is_used_in_its_place(self, key_file, value):
        with pytest.raises(RootKeyUnavailable, match="ENCRYPTION_KEY is not set"):
            load_root_keys("env", env_value=value, path=key_file)

    def test_a_weak_value_is_refused(self, tmp_path):
        with pytest.raises(WeakKey):
            load_root_keys("env", env_value="changeme", path=tmp_path)


def test_another_source_is_refused_with_the_choices(tmp_path):
    with pytest.raises(RootKeyUnavailable, match="Choose env or file"):
        load_root_keys("floppy", env_value=a_key(), path=tmp_path)
