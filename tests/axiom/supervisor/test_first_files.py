import base64
import os
import stat

import pytest

from axiom import first_files
from axiom.supervisor.refusals import StartRefused


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("SECRET_KEY", "ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AXIOM_DATA", str(tmp_path / "data"))
    umask = os.umask(0o022)
    yield tmp_path / "data"
    os.umask(umask)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_start_makes_a_private_folder_with_two_private_keys(folder):
    first_files.ensure()

    assert mode(folder) == 0o700
    assert mode(folder / "root.key") == mode(folder / "secret.key") == 0o600
    assert len(base64.b64decode((folder / "root.key").read_text())) == 32
    assert len((folder / "secret.key").read_text().strip()) >= 50


def test_a_second_start_changes_no_key(folder):
    first_files.ensure()
    before = [(folder / name).read_bytes() for name in ("root.key", "secret.key")]

    first_files.ensure()

    assert [(folder / name).read_bytes() for name in ("root.key", "secret.key")] == before


def test_keys_of_the_environment_need_no_files(folder, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.setenv("ENCRYPTION_KEY", "given")

    first_files.ensure()

    assert list(folder.iterdir()) == []


def test_the_file_source_needs_its_file_whatever_the_environment_holds(folder, monkeypatch):
    monkeypatch.setenv("ENCRYPTION_KEY", "given")
    monkeypatch.setenv("AXIOM_KEY_SOURCE", "file")

    first_files.ensure()

    assert (folder / "root.key").exists()


@pytest.mark.parametrize("name", ["root.key", "secret.key"])
def test_a_lost_key_of_an_existing_database_is_refused_and_not_replaced(folder, name):
    first_files.ensure()
    (folder / "db.sqlite3").write_bytes(b"")
    (folder / name).unlink()

    with pytest.raises(StartRefused, match=f"Put {name} back from your backup"):
        first_files.ensure()

    assert not (folder / name).exists()


def test_our_own_folder_is_closed_again_to_others(folder):
    first_files.ensure()
    folder.chmod(0o755)

    first_files.ensure()

    assert mode(folder) == 0o700


def test_a_folder_that_others_use_is_left_as_it_is(folder):
    folder.mkdir()
    (folder / "theirs").touch()
    folder.chmod(0o755)

    with pytest.raises(StartRefused, match="Set AXIOM_DATA to a folder of its own"):
        first_files.ensure()

    assert mode(folder) == 0o755


def test_a_file_in_the_folders_place_is_refused(folder):
    folder.write_text("mine")

    with pytest.raises(StartRefused, match="can't be used"):
        first_files.ensure()
