"""One key by its token, with its creator, its project and the epoch.

Django takes longer to write this statement than any database to answer it, so it is written once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from accounts.models import ApiKey, Epoch, Project, User
from accounts.models.api_key import LABEL
from accounts.tokens import is_token_of, token_hashes

_PLACE: Final = "a token's hash"
_MODELS: Final[Sequence[tuple[type[Model], str]]] = (
    (ApiKey, ""),
    (User, "created_by__"),
    (Project, "project__"),
)


def key_of(token: str, *, now: datetime) -> ApiKey | None:
    """Find the key that a token opens at `now`, in one query."""
    key = _read(token_hashes(token, label=LABEL))
    if key is None or not is_token_of(token, key.token_hash, label=LABEL):
        return None
    return key if key.is_usable_at(now) else None


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters, and what makes the values of each column Python's."""

    sql: str
    parameters: tuple[Any, ...]
    converters: Sequence[tuple[int, Any, Any]]

    def first_for(self, hashes: Sequence[str]) -> list[Any] | None:
        waiting = iter(hashes)
        given = [next(waiting) if value == _PLACE else value for value in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            row = cursor.fetchone()
        return None if row is None else self._converted(row)

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for position, convert, expression in self.converters:
            values[position] = convert(values[position], expression, connection)
        return values


def _read(hashes: Sequence[str]) -> ApiKey | None:
    row = _statement(connection.vendor, len(hashes)).first_for(hashes)
    if row is None:
        return None
    key: ApiKey
    key, user, project = _records(row)
    key.created_by, key.project, key.epoch = user, project, row[-1]
    return key


def _records(row: Sequence[Any]) -> list[Any]:
    found, start = [], 0
    for model, _ in _MODELS:
        names = _columns(model)
        found.append(model.from_db(connection.alias, names, row[start : start + len(names)]))
        start += len(names)
    return found


@cache
def _statement(_vendor: str, hashes: int) -> Statement:
    """Let Django write it; each database has its own words, and each number of hashes."""
    names = [f"{path}{name}" for model, path in _MODELS for name in _columns(model)]
    query = (
        ApiKey.objects.filter(token_hash__in=[f"{_PLACE}{n}" for n in range(hashes)])
        .order_by()
        .values_list(*names, Epoch.in_query())
        .query
    )
    compiler = query.get_compiler(connection=connection.copy())
    sql, parameters = compiler.as_sql()
    converters = compiler.get_converters([column for column, _, _ in compiler.select])
    return Statement(
        sql,
        tuple(_PLACE if str(value).startswith(_PLACE) else value for value in parameters),
        [
            (position, convert, expression)
            for position, (converts, expression) in converters.items()
            for convert in converts
        ],
    )


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
