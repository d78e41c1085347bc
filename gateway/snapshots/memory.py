"""Projects' tables as this process remembers them."""

from functools import partial
from typing import Final

from gateway.caches import Remembered
from gateway.database import Database
from gateway.snapshots.loading import table_of
from gateway.snapshots.tables import Table

_MOST_TABLES: Final = 2_000


class Tables(Remembered[int, Table]):
    """One table for each project that calls, read when first needed; by the project's key."""

    def __init__(self, database: Database) -> None:
        super().__init__(most=_MOST_TABLES)
        self._database = database

    async def of(self, project_pk: int) -> Table:
        """Return a project's table; raises DatabaseAway where it has to be read and can't be."""
        read = partial(table_of, project_pk)
        return await self.get(project_pk, partial(self._database.run, read))
