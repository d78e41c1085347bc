"""`manage.py setup` and other commands on a data folder of their own."""

import base64
import os
import re
import sqlite3

import pytest

pytestmark = pytest.mark.embedded


def rows(folder, query):
    with sqlite3.connect(folder / "db.sqlite3") as database:
        return database.execute(query).fetchall()


def keys(folder):
    return [(folder / name).read_bytes() for name in ("root.key", "secret.key")]


def test_a_first_setup_makes_an_admin_a_project_and_a_catalog(manage, tmp_path):
    setup = manage("setup")

    assert setup.ended() == 0
    assert "First admin: admin@example.com" in setup.heard
    assert re.search(r"Password: +\S{12,}", "\n".join(setup.heard))
    assert rows(tmp_path / "data", "SELECT slug, name FROM accounts_project") == [
        ("default", "Default")
    ]
    assert rows(tmp_path / "data", "SELECT count(*) >= 120 FROM providers_catalogentry") == [(1,)]


def test_a_second_setup_says_and_changes_nothing(manage, set_up):
    before = keys(set_up), rows(set_up, "SELECT id, password FROM accounts_user")

    again = manage("setup", AXIOM_ADMIN_EMAIL="other@example.com", AXIOM_ADMIN_PASSWORD="another")

    assert again.ended() == 0
    assert again.heard == []
    assert (keys(set_up), rows(set_up, "SELECT id, password FROM accounts_user")) == before


def test_the_first_admin_is_who_the_environment_says(manage):
    password = "correct-horse-battery"

    setup = manage("setup", AXIOM_ADMIN_EMAIL="ann@example.org", AXIOM_ADMIN_PASSWORD=password)

    assert setup.ended() == 0
    assert "First admin: ann@example.org" in setup.heard
    assert password not in "\n".join(setup.heard)


def test_everything_it_makes_is_for_its_owner_alone(set_up):
    modes = {path.name: path.stat().st_mode & 0o077 for path in set_up.iterdir()}

    assert modes.pop("db.sqlite3") == 0
    assert set(modes.values()) == {0}


def test_a_root_key_that_does_not_open_the_database_is_refused(manage, set_up):
    other = base64.b64encode(os.urandom(32))
    (set_up / "root.key").write_bytes(other)
    before = (set_up / "db.sqlite3").read_bytes()

    refused = manage("setup")

    assert refused.ended() == 1
    assert len(refused.heard) == 1
    assert "Axiom can't start: The database holds keys under root key" in refused.heard[0]
    assert (set_up / "root.key").read_bytes() == other
    assert (set_up / "db.sqlite3").read_bytes() == before


def test_tables_half_way_through_what_was_replaced_since_are_refused_in_one_line(manage, set_up):
    with sqlite3.connect(set_up / "db.sqlite3") as database:
        database.execute(
            "DELETE FROM django_migrations WHERE app = 'gateway' AND name <> '0002_limits'"
        )

    refused = manage("run")

    assert refused.ended() == 1
    assert len(refused.heard) == 1
    assert "the tables of gateway are those of an unfinished update" in refused.heard[0]


def test_a_lost_root_key_is_refused_in_one_line(manage, set_up):
    (set_up / "root.key").unlink()

    refused = manage("run")

    assert refused.ended() == 1
    assert refused.heard[-1].endswith("Put root.key back from your backup, or set ENCRYPTION_KEY.")
    assert len(refused.heard) == 1


def test_a_command_before_the_first_start_says_what_to_do(manage, tmp_path):
    early = manage("migrate")

    assert early.ended() == 1
    assert len(early.heard) == 1
    assert "run `make run`" in early.heard[0]
    assert not (tmp_path / "data").exists()


def test_a_wrong_variable_is_one_line(manage):
    wrong = manage("run", AXIOM_PORTAL_PORT="eighty")

    assert wrong.ended() == 1
    assert wrong.heard == [
        "Axiom can't start: AXIOM_PORTAL_PORT must be a whole number from 1 to 65535."
    ]


def test_a_database_that_is_away_is_one_line(manage):
    away = manage("setup", DATABASE_URL="postgres://axiom@127.0.0.1:1/axiom")

    assert away.ended() == 1
    assert len(away.heard) == 1
    assert "the database can't be used" in away.heard[0]


def test_an_address_that_is_none_is_one_line(manage):
    wrong = manage("setup", AXIOM_ADMIN_EMAIL="nobody")

    assert wrong.ended() == 1
    assert wrong.heard == [
        "Axiom can't start: AXIOM_ADMIN_EMAIL can't be used: Enter a valid email address."
    ]
