"""What goes over a client's connection, byte by byte, and never two requests out of one."""

import asyncio
import socket
import threading

import pytest

from gateway.exchange import Exchange
from gateway.listen import connection as connection_module
from gateway.listen.listener import Listener
from gateway.refusals import TooLarge
from gateway.watch import ClientLeft, Watched

PATIENCE_S = 20.0
OK = b"HTTP/1.1 200 OK\r\n"


class Echo:
    """Answers with what it got: method, path and body; some paths behave otherwise."""

    def __init__(self):
        self.seen = []
        self.left = threading.Event()

    async def __call__(self, turn):
        exchange = Exchange(turn, "req_0")
        self.seen.append((exchange.method, exchange.path))
        watched = Watched(exchange.has_left)
        if exchange.path == "/unread":
            exchange.answer(401, b"no")
        elif exchange.path == "/stream":
            await self._stream(exchange, watched)
        elif exchange.path == "/broken-off":
            await self._stream(exchange, watched)
            exchange.break_off(b"why")
        elif exchange.path == "/broken":
            raise RuntimeError("a fault of ours")
        elif exchange.path == "/forgotten":
            return
        else:
            await self._echo(exchange, watched)

    async def _echo(self, exchange, watched):
        try:
            body = await exchange.body(watched, most_bytes=100_000, longest_s=PATIENCE_S)
        except ClientLeft:
            self.left.set()
            return
        except TooLarge:
            exchange.answer(413, b"too large")
            return
        exchange.answer(200, f"{exchange.method} {exchange.path} ".encode() + body)

    async def _stream(self, exchange, watched):
        stream = exchange.stream(200, (), watched, longest_s=PATIENCE_S)
        for word in (b"one", b"", b"two"):
            await stream.send(word)


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def listener(echo):
    """A listener in a thread of its own."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    made = []

    async def serve():
        listener = Listener(echo)
        await listener.open("127.0.0.1", 0)
        made.append((listener, stop := asyncio.Event()))
        sweep = asyncio.create_task(listener.run())
        started.set()
        await stop.wait()
        sweep.cancel()
        listener.close()
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    (listener, stop) = made[0]
    yield listener
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE_S)
    loop.close()


@pytest.fixture
def talk(listener):
    """Send bytes, and return all that comes back until the other side closes."""

    def send(data, *, shut=True):
        with socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S) as client:
            client.sendall(data)
            return read_all(client)

    return send


def read_all(client):
    received = b""
    try:
        while piece := client.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def request(path="/", body=b"", *, method=b"POST", extra=b"", close=True):
    last = b"Connection: close\r\n" if close else b""
    length = b"Content-Length: %d\r\n" % len(body)
    return (
        b"%b %b HTTP/1.1\r\nHost: a\r\n%b%b%b\r\n" % (method, path.encode(), extra, length, last)
        + body
    )


def test_a_request_is_answered_and_the_connection_kept(talk):
    answers = talk(request("/a", b"one", close=False) + request("/b", b"two"))

    assert answers.count(OK) == 2
    assert b"POST /a one" in answers
    assert answers.endswith(b"POST /b two")
    assert answers.count(b"connection: close") == 1


def test_requests_that_come_at_once_are_answered_in_their_order(talk, echo):
    paths = [f"/{number}" for number in range(20)]

    answers = talk(b"".join(request(path, close=False) for path in paths) + request("/last"))

    assert [path for _, path in echo.seen] == [*paths, "/last"]
    assert answers.count(OK) == 21


def test_a_body_in_chunks_is_put_together(talk):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    assert talk(head + b"3\r\none\r\n3;x=y\r\ntwo\r\n0\r\nTrailer: x\r\n\r\n").endswith(b"onetwo")


def test_a_stream_is_sent_in_chunks_and_ended(talk):
    answer = talk(request("/stream"))

    assert b"transfer-encoding: chunked" in answer
    assert answer.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_stream_that_is_broken_off_has_no_end(talk, echo):
    answer = talk(request("/broken-off", close=False) + request("/next"))

    assert answer.endswith(b"3\r\none\r\n3\r\ntwo\r\n3\r\nwhy\r\n")
    assert echo.seen == [("POST", "/broken-off")]


def test_an_old_client_gets_its_stream_until_the_end_of_the_connection(talk):
    answer = talk(b"GET /stream HTTP/1.0\r\n\r\n")

    assert b"chunked" not in answer
    assert answer.endswith(b"\r\n\r\nonetwo")


def test_an_old_client_may_keep_its_connection(talk):
    kept = b"GET /%d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"

    answers = talk(kept % 1 + b"GET /2 HTTP/1.0\r\n\r\n")

    assert answers.count(OK) == 2
    assert answers.count(b"connection: keep-alive") == 1


def test_a_head_request_gets_the_head_alone(talk):
    answer = talk(request(method=b"HEAD"))

    assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_asks_whether_to_go_on_is_told_so(listener):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
    with socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S) as client:
        client.sendall(head + b"Connection: close\r\n\r\n")
        first = client.recv(65_536)
        client.sendall(b"one")
        answer = read_all(client)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.endswith(b"POST / one")


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 0\r\n",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length: 5 \r\n 6\r\n",
        b"X: a\r\n folded\r\n",
        b"X: a\nTransfer-Encoding: chunked\r\n",
        b"Host: b\r\n",
    ],
)
def test_a_message_that_two_servers_could_read_differently_is_refused_and_closed(talk, echo, head):
    answer = talk(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n0\r\n\r\n" + SMUGGLED)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"bad_http"' in answer
    assert answer.count(b"HTTP/1.1 4") == 1
    assert echo.seen == []


def test_chunks_that_lie_about_their_size_end_the_connection(talk, echo):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = talk(head + b"2\r\nabc\r\n0\r\n\r\n" + SMUGGLED)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert ("GET", "/smuggled") not in echo.seen


def test_what_is_not_http_is_told_so(talk):
    assert talk(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_head_that_never_ends_is_refused(talk):
    assert talk(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000).startswith(b"HTTP/1.1 400 ")


def test_an_answer_before_the_body_was_read_does_not_harm_the_next_request(talk):
    answers = talk(request("/unread", b"x" * 50_000, close=False) + request("/next", b"body"))

    assert answers.startswith(b"HTTP/1.1 401 ")
    assert answers.endswith(b"POST /next body")


def test_a_body_beyond_the_limit_is_refused_before_it_was_sent(talk):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nConnection: close\r\n\r\n"

    assert talk(head + b"x" * 100_001).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_in_the_middle_of_its_body_is_noticed(listener, echo):
    with socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")

    assert echo.left.wait(PATIENCE_S)


@pytest.mark.parametrize("path", ["/broken", "/forgotten"])
def test_a_request_that_nobody_answers_ends_its_connection(talk, path):
    assert talk(request(path)) == b""


@pytest.mark.parametrize(
    ("sent", "limit"),
    [(b"", "HEAD_S"), (b"GET / HTTP/1.1\r\nHos", "HEAD_S"), (request(close=False), "IDLE_S")],
    ids=["says nothing", "half a head", "between requests"],
)
def test_a_client_that_takes_too_long_is_hung_up_on(talk, monkeypatch, sent, limit):
    monkeypatch.setattr(connection_module, limit, 0.1)

    answer = talk(sent)  # returns when the connection is closed

    assert answer.count(OK) == (1 if limit == "IDLE_S" else 0)


def test_beyond_the_most_connections_nobody_is_let_in(listener, talk, monkeypatch):
    monkeypatch.setattr("gateway.listen.listener.MOST_CONNECTIONS", 0)

    assert talk(request()) == b""


def test_a_port_that_is_taken_is_refused(listener):
    async def open_again():
        await Listener(Echo()).open("127.0.0.1", listener.port)

    with pytest.raises(OSError, match="address already in use"):
        asyncio.run(open_again())
