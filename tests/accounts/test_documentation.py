from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from accounts.documentation import markdown
from accounts.permissions import PERMISSIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


def test_the_page_of_permissions_is_current():
    assert PAGE.read_text() == markdown(), "Write it again: manage.py write_permissions"


def test_every_action_is_on_the_page_with_its_operation():
    page = markdown()

    for row in PERMISSIONS.values():
        assert f"| `{row.action}` |" in page
        assert row.rest is None or f"| `{row.rest}` |" in page


def test_the_command_writes_the_page(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)

    call_command("write_permissions")

    assert (tmp_path / "docs" / "permissions.md").read_text() == markdown()
