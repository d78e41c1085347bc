"""docs/permissions.md, written from the registry: `manage.py write_permissions`."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from accounts.permissions import API, PERMISSIONS, Permission
from accounts.roles import Role

_HEAD: Final = f"""\
# Permissions

Written from the registry by `manage.py write_permissions`; a test fails when it is not current.
✓ marks the roles that have an action in their project; staff have all of them. An object
permission (`view`, `change`, `delete`, `test`, `use`) gives the actions of its kind on one object
to whoever holds it. A key's policy names actions as they stand here. REST is under `{API}`.
"""


def markdown() -> str:
    """Return the whole page: a table for each module of actions."""
    return "\n".join((_HEAD, *_tables()))


def _tables() -> Iterator[str]:
    rows = sorted(PERMISSIONS.values(), key=_module)
    for module, actions in groupby(rows, key=_module):
        yield f"## {module}\n"
        yield _line(["action", *(role.label for role in Role), "REST", "MCP"])
        yield _line(["---", *(":---:" for _ in Role), "---", "---"])
        yield from (_line(_cells(row)) for row in actions)
        yield ""


def _module(row: Permission) -> str:
    return row.action.partition(":")[0]


def _cells(row: Permission) -> list[str]:
    marks = ["✓" if row.is_held_by(role) else "" for role in Role]
    return [_code(row.action), *marks, _code(row.rest), _code(row.mcp)]


def _code(text: str | None) -> str:
    return f"`{text}`" if text else "–"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
