"""The client against servers that hang, trickle, flood, lie about lengths or do not speak HTTP."""

import errno
import socket
import threading
import zlib

import pytest

from foundation import egress
from providers.kinds.client import CallFailed, Client
from providers.kinds.vocabulary import ErrorClass, Request

NAME = "api.example.test"
KEY = "canary-9f8e7d6c5b4a"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BRIEFLY = 0.3
PATIENTLY = 20.0


def hang(server, _spoken):
    server.over.wait(PATIENTLY)


def trickle(head):
    def respond(server, spoken):
        spoken.sendall(head)
        while not server.over.wait(0.01):
            spoken.sendall(b"x")

    return respond


def flood(head):
    def respond(server, spoken):
        spoken.sendall(head)
        while not server.over.is_set():
            spoken.sendall(b"x" * 65_536)

    return respond


def test_a_connection_that_is_reset_before_the_request_is_told_as_such(
    serve, failure_of, monkeypatch
):
    def reset(*_args, **_options):
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr(socket, "create_connection", reset)

    failure = failure_of(serve(OK))

    assert failure.error_class is ErrorClass.UNREACHABLE
    assert "closed the connection without an answer" in failure.message


def test_connection_refused_asks_whether_the_server_runs(serve, failure_of):
    server = serve(b"")
    server.close()

    failure = failure_of(server)

    assert failure.error_class is ErrorClass.UNREACHABLE
    assert failure.message == (
        f"Could not reach {NAME}:{server.port}: connection refused. "
        "Is the server running, and is the base URL right?"
    )


@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(hang, id="silent"),
        pytest.param(trickle(b"HTTP/1.1 200 "), id="trickled-status"),
        pytest.param(trickle(OK + b"X-Slow: "), id="trickled-header"),
        pytest.param(trickle(OK + b"Content-Length: 100000\r\n\r\n"), id="trickled-body"),
        pytest.param(trickle(OK + b"\r\n"), id="trickled-until-close"),
    ],
)
def test_a_server_that_hangs_or_trickles_is_left_at_the_deadline(serve, failure_of, respond):
    failure = failure_of(serve(respond), timeout_s=BRIEFLY)

    assert failure.error_class is ErrorClass.TIMEOUT
    assert "did not answer completely within 0.3 s" in failure.message
    assert failure.latency_ms >= 300


def test_a_tls_handshake_that_hangs_is_left_at_the_deadline(serve, failure_of):
    failure = failure_of(serve(hang), timeout_s=BRIEFLY, scheme="https")

    assert failure.error_class is ErrorClass.TIMEOUT


def test_a_name_server_that_hangs_is_left_at_the_deadline():
    answered = threading.Event()
    slow = Client(
        egress.Policy(allow_loopback=True), resolver=lambda _host, _port: answered.wait(PATIENTLY)
    )

    with pytest.raises(CallFailed) as failed:
        slow.send(Request("GET", f"http://{NAME}/"), timeout_s=BRIEFLY)
    answered.set()

    assert failed.value.error_class is ErrorClass.TIMEOUT


def test_a_refusals_status_survives_a_body_that_trickles(serve, request_to, client):
    server = serve(trickle(b"HTTP/1.1 401 No\r\nContent-Length: 100000\r\n\r\n"))

    answer = client.send(request_to(server), timeout_s=BRIEFLY)

    assert answer.status == 401
    assert answer.body.startswith(b"x")


def test_a_huge_body_is_refused_at_the_cap(serve, failure_of):
    failure = failure_of(serve(flood(OK + b"\r\n")), max_body=100_000)

    assert failure.error_class is ErrorClass.PROVIDER_ERROR
    assert "more than 97 KB" in failure.message
    assert failure.http_status == 200


def test_a_refusals_huge_body_is_kept_as_far_as_it_is_useful(serve, request_to, client):
    server = serve(flood(b"HTTP/1.1 500 Oops\r\n\r\n"))

    answer = client.send(request_to(server), timeout_s=PATIENTLY)

    assert answer.status == 500
    assert 65_536 <= len(answer.body) < 200_000


def test_a_compressed_bomb_is_refused_at_the_cap(serve, failure_of):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    failure = failure_of(serve(head + bomb))

    assert len(bomb) < 1_000_000
    assert failure.error_class is ErrorClass.PROVIDER_ERROR
    assert "more than 4096 KB" in failure.message


@pytest.mark.parametrize(
    ("answer", "error_class", "words"),
    [
        pytest.param(
            OK + b"Content-Length: 100\r\n\r\n{}",
            ErrorClass.PROVIDER_ERROR,
            "before its answer was complete",
            id="wrong-length",
        ),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
            ErrorClass.PROVIDER_ERROR,
            "before its answer was complete",
            id="broken-chunk",
        ),
        pytest.param(
            OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
            ErrorClass.PROVIDER_ERROR,
            "could not be decompressed",
            id="invalid-gzip",
        ),
        pytest.param(
            b"", ErrorClass.UNREACHABLE, "closed the connection without an answer", id="hang-up"
        ),
        pytest.param(
            b"SSH-2.0-OpenSSH_9.6\r\n", ErrorClass.UNREACHABLE, "but not in HTTP", id="ssh"
        ),
        pytest.param(
            b"\x15\x03\x01\x00\x02\x02\x50",
            ErrorClass.UNREACHABLE,
            "but not in HTTP",
            id="tls-alert",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            ErrorClass.UNREACHABLE,
            "but not in HTTP",
            id="too-many-headers",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
            ErrorClass.UNREACHABLE,
            "but not in HTTP",
            id="endless-header",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            ErrorClass.UNREACHABLE,
            "but not in HTTP",
            id="two-lengths",
        ),
    ],
)
def test_a_broken_answer_is_explained(serve, failure_of, answer, error_class, words):
    failure = failure_of(serve(answer))

    assert failure.error_class is error_class
    assert words in failure.message


def test_tls_to_a_plain_port_suggests_http(serve, failure_of):
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}")

    failure = failure_of(server, scheme="https")

    assert failure.error_class is ErrorClass.UNREACHABLE
    assert "start the base URL with http://" in failure.message
