"""Projects' tables as this process remembers them."""

from functools import partial
from typing import Final

from gateway.caches import Remembered
from gateway.database import Database
from gateway.snapshots.loading import table_of
from gateway.snapshots.tables import Table

_MOST_TABLES: Final = 2_000


class Tables:
    """One table for each project that calls, read when first needed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: Remembered[int, Table] = Remembered(most=_MOST_TABLES)

    def known(self, project_pk: int) -> Table | None:
        """Return a project's table where it is remembered."""
        return self._tables.known(project_pk)

    async def of(self, project_pk: int) -> Table:
        """Return a project's table; raises DatabaseAway where it has to be read and can't be."""
        read = partial(table_of, project_pk)
        return await self._tables.get(project_pk, partial(self._database.run, read))

    def forget(self) -> None:
        self._tables.forget()
