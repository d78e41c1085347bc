"""Clients that ask and do not read: bounded memory, and a time in which they have to take some."""

import asyncio
import time

import pytest

from gateway.exchange import Exchange
from gateway.listen import connection as connection_module
from gateway.listen.connection import ClientConnection

REQUEST = b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n"
LATER = 1_000.0  # beyond every deadline


class Transport(asyncio.Transport):
    """A client's end that takes bytes only when told to."""

    def __init__(self):
        super().__init__()
        self.unsent = 0
        self.is_reading = True
        self.ended = ""

    def set_write_buffer_limits(self, high=None, **_):
        self.high = high

    def get_write_buffer_size(self):
        return self.unsent

    def write(self, data):
        self.unsent += len(data)
        if self.unsent > self.high:
            self.protocol.pause_writing()

    def take(self, size):
        self.unsent -= size
        if self.unsent <= self.high // 4:
            self.protocol.resume_writing()

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True

    def close(self):
        self.ended = "closed"

    def abort(self):
        self.ended = "aborted"


class Everybody:
    is_closing = False

    def add(self, _connection):
        return True

    def drop(self, _connection):
        pass


class Client:
    """A connection to an application that answers each request with `size` bytes."""

    def __init__(self, size):
        self.asked = []
        self.transport = Transport()
        self.connection = ClientConnection(self._answer, Everybody())
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)
        self._body = b"x" * size

    async def _answer(self, turn):
        self.asked.append(turn.head.path)
        Exchange(turn, "req_0").answer(200, self._body)

    async def send(self, data):
        self.connection.data_received(data)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def look(self, *, later=LATER):
        self.connection.look(now=time.monotonic() + later)


def with_client(work, *, size):
    async def run():
        client = Client(size)
        await work(client)

    asyncio.run(run())


def test_the_next_request_waits_until_the_answer_before_it_was_taken():
    async def work(client):
        await client.send(b"".join(REQUEST % number for number in range(100)))
        assert client.asked == ["/0"]
        assert not client.transport.is_reading
        client.transport.take(client.transport.unsent)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert client.asked == ["/0", "/1"]

    with_client(work, size=500_000)


def test_the_task_of_a_connection_ends_with_it_and_not_with_a_request():
    async def work(client):
        await client.send(REQUEST % 0)
        assert not client.connection.task.done()
        client.connection.connection_lost(None)
        await asyncio.wait_for(client.connection.task, 5)

    with_client(work, size=10)


def test_a_connection_whose_task_is_ended_is_ended_too():
    async def work(client):
        await asyncio.sleep(0)
        client.connection.task.cancel()
        await asyncio.wait({client.connection.task})
        assert client.transport.ended == "aborted"

    with_client(work, size=10)


def test_a_client_that_reads_nothing_holds_one_answer_and_not_for_long():
    async def work(client):
        await client.send(REQUEST % 0 + REQUEST % 1)
        held = client.transport.unsent
        client.look(later=0)
        assert client.transport.ended == ""
        client.look()
        assert client.transport.ended == "aborted"
        assert held < 600_000

    with_client(work, size=500_000)


def test_a_client_that_takes_a_large_answer_slowly_gets_all_of_it():
    async def work(client):
        await client.send(REQUEST % 0)
        for number in range(1, 6):
            client.transport.take(connection_module.LEAST_TAKEN_BYTES)
            client.look(later=LATER * number)
        assert client.transport.ended == ""

    with_client(work, size=1_000_000)


def test_a_byte_at_a_time_is_not_enough():
    async def work(client):
        await client.send(REQUEST % 0)
        client.transport.take(30)
        client.look()
        assert client.transport.ended == "aborted"

    with_client(work, size=1_000_000)


@pytest.mark.parametrize(("taken", "ended"), [(70_000, "closed"), (0, "aborted")])
def test_a_connection_that_ends_lets_its_client_take_the_rest(taken, ended):
    async def work(client):
        await client.send(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        client.look(later=connection_module.LINGER_S + 1)
        assert client.transport.ended == "closed"
        client.transport.take(taken)
        client.look()
        assert client.transport.ended == ended

    with_client(work, size=500_000)


def test_a_client_that_has_taken_everything_may_stay_idle_as_before():
    async def work(client):
        await client.send(REQUEST % 0)
        client.transport.take(client.transport.unsent)
        client.look(later=connection_module.IDLE_S - 1)
        assert client.transport.ended == ""
        client.look()
        assert client.transport.ended == "closed"

    with_client(work, size=500_000)
