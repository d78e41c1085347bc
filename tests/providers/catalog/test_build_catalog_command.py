from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from providers.catalog.entries import load
from providers.management.commands.build_catalog import Command


@pytest.fixture
def run(wheels, tmp_path):
    def call(*options, version="2026-11-20"):
        said = StringIO()
        call_command(
            Command(stdout=said),
            "--litellm-wheel", str(wheels[0]),
            "--genai-prices-wheel", str(wheels[1]),
            "--version", version,
            "--folder", str(tmp_path),
            *options,
        )  # fmt: skip
        return said.getvalue()

    return call


def test_it_writes_the_dated_file_and_says_what_is_in_it(run, tmp_path):
    said = run()

    assert said == "catalog-2026-11-20.json: 2 models of 1 kinds, 1 marked for review.\n"
    assert load(tmp_path / "catalog-2026-11-20.json").version == "2026-11-20"


def test_a_check_of_what_was_just_written_passes(run):
    run()

    assert "2 models" in run("--check")


def test_a_check_refuses_a_file_that_was_changed_by_hand(run, tmp_path):
    run()
    path = tmp_path / "catalog-2026-11-20.json"
    edited = path.read_text(encoding="utf-8").replace('"2.5"', '"2"')
    path.write_text(edited, encoding="utf-8")

    with pytest.raises(CommandError, match="not what these wheels make"):
        run("--check")

    assert path.read_text(encoding="utf-8") == edited


def test_a_check_without_a_file_writes_none(run, tmp_path):
    with pytest.raises(CommandError, match="doesn't exist"):
        run("--check")

    assert not list(tmp_path.glob("*.json"))


def test_a_version_that_is_no_date_is_refused(run):
    with pytest.raises(CommandError, match="tomorrow is not a date like 2026-11-20"):
        run(version="tomorrow")


def test_a_wheel_that_cannot_be_read_is_refused(run, wheels):
    wheels[0].write_text("not a zip", encoding="utf-8")

    with pytest.raises(CommandError, match="can't be read as a litellm wheel"):
        run()
