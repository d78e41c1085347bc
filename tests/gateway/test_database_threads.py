"""The gateway's threads for the database: each lets go of its own connection."""

import asyncio
import threading

import pytest

from gateway.database import Database

PATIENCE_S = 20.0


@pytest.fixture
def closed(monkeypatch):
    """The names of the threads that have closed their connections."""
    names = []
    monkeypatch.setattr(
        "gateway.database.connections.close_all",
        lambda: names.append(threading.current_thread().name),
    )
    return names


def test_each_thread_closes_its_connection(closed):
    async def close():
        database = Database(threads=3, longest_s=PATIENCE_S)
        await database.run(lambda: None)
        assert closed == []
        await database.close()

    asyncio.run(close())

    assert len(closed) == len(set(closed)) == 3


def test_it_knows_how_many_ask_at_a_moment():
    gate = threading.Event()

    async def ask():
        database = Database(threads=1, longest_s=PATIENCE_S)
        asking = [asyncio.create_task(database.run(gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        at_most = database.asked
        gate.set()
        await asyncio.gather(*asking)
        await database.close()
        return at_most, database.asked

    assert asyncio.run(ask()) == (3, 0)


def test_a_thread_that_is_busy_meanwhile_closes_its_own_when_it_is_done(closed):
    begun, gate = threading.Event(), threading.Event()

    def hold():
        begun.set()
        gate.wait(PATIENCE_S)
        return threading.current_thread().name

    async def close():
        database = Database(threads=2, longest_s=PATIENCE_S)
        held = asyncio.create_task(database.run(hold))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        await database.close()
        others = list(closed)
        gate.set()
        return others, await held

    others, busy = asyncio.run(close())

    assert len(others) == 1
    assert busy not in others
    assert busy in closed
