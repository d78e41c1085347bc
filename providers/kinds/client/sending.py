"""Send a request and read its answer, whatever the other side does.

The client connects to the address that the egress policy checked, follows no redirect, reads no
proxy from the environment, and is over by its deadline.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from foundation import egress
from providers.kinds import headers
from providers.kinds.client.deadline import (
    Deadline,
    Patience,
    PinnedPool,
    PinnedTLSPool,
    Route,
    within,
)
from providers.kinds.client.failures import CallFailed, explain, timed_out
from providers.kinds.vocabulary import Answer, ErrorClass, Request

MOST_BODY_BYTES = 4_194_304
_MOST_ERROR_BYTES = 65_536
_CHUNK_BYTES = 65_536
_MOST_LINE_BYTES = 1_048_576
_LONGEST_HOST = 253
_OWN_HEADERS = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": headers.AGENT}
_REDIRECTS = range(300, 400)
_FIRST_ERROR_STATUS = 400


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer that is still coming: its head, and its lines; a refusal has its body instead."""

    answer: Answer
    lines: Iterator[bytes]


class Client:
    """Sends requests to wherever its egress policy permits. Stateless, so threads may share it."""

    def __init__(
        self, policy: egress.Policy, *, resolver: egress.Resolver = egress.system_resolver
    ) -> None:
        self._policy = policy
        self._resolver = resolver

    def send(
        self, request: Request, *, timeout_s: float, max_body: int = MOST_BODY_BYTES
    ) -> Answer:
        """Send one request and read its answer to the end, all within `timeout_s`.

        Any status but a redirect is an answer, its latency measured to the last byte. The body
        of a refusal is kept as far as it came, up to 64 KB. Raises `CallFailed`, nothing else.
        """
        deadline = Deadline(timeout_s)
        _check_headers(request.headers)
        destination = self._destination(request.url, deadline)
        route = Route((destination.address, *destination.others), deadline)
        with closing(_PinnedAdapter(destination, route)) as adapter:
            try:
                sent = adapter.send(_prepared(request), stream=True, timeout=timeout_s)
                with closing(sent) as response:
                    _refuse_redirect(response, destination, deadline)
                    return _read(response, destination, deadline, max_body=max_body)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise explain(error, destination, deadline) from error

    @contextmanager
    def streaming(self, request: Request, *, silence_s: float) -> Iterator["Streamed"]:
        """Send one request and read its answer line by line, as long as it lasts.

        No silence of the server may be longer than `silence_s`. A refusal is read to its end.
        Raises `CallFailed`, also while lines are read; leaving the block hangs up.
        """
        patience = Patience(silence_s)
        _check_headers(request.headers)
        destination = self._destination(request.url, patience)
        route = Route((destination.address, *destination.others), patience)
        with closing(_PinnedAdapter(destination, route)) as adapter:
            try:
                sent = adapter.send(_prepared(request), stream=True, timeout=silence_s)
                with closing(sent) as response:
                    _refuse_redirect(response, destination, patience)
                    fields = {name.lower(): value for name, value in response.headers.items()}
                    is_refused = response.status_code >= _FIRST_ERROR_STATUS
                    body = _as_far_as_it_came(response) if is_refused else b""
                    answer = Answer(response.status_code, fields, body)
                    yield Streamed(answer, iter(()) if is_refused else _lines(response, patience))
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise explain(error, destination, patience) from error

    def _destination(self, url: str, deadline: Deadline) -> egress.Destination:
        try:
            return egress.resolve(url, self._policy, resolver=within(deadline, self._resolver))
        except egress.CannotResolve as error:
            if deadline.is_over:
                raise timed_out(error.host, deadline) from error
            raise CallFailed(
                ErrorClass.UNREACHABLE, str(error), latency_ms=deadline.elapsed_ms
            ) from error
        except egress.EgressError as error:
            raise CallFailed(ErrorClass.BLOCKED, str(error)) from error


class _PinnedAdapter(HTTPAdapter):
    """One connection to one checked destination."""

    def __init__(self, destination: egress.Destination, route: Route) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        pool = PinnedTLSPool if destination.scheme == "https" else PinnedPool
        self._pool = pool(destination.host, destination.port, maxsize=1, route=route)

    def get_connection_with_tls_context(
        self, *_args: Any, **_kwargs: Any
    ) -> urllib3.HTTPConnectionPool:
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()


def _check_headers(fields: Mapping[str, str]) -> None:
    """Refuse what HTTP can't carry here, where the message is ours: libraries quote the value."""
    for name, value in fields.items():
        if not headers.is_sendable(value):
            raise CallFailed(
                ErrorClass.BAD_REQUEST,
                f"The value for {name} has characters that a header can't carry. "
                "Enter the key again: plain letters, digits and signs, on one line.",
            )


def _prepared(request: Request) -> requests.PreparedRequest:
    return requests.Request(
        request.method,
        request.url,
        headers=_OWN_HEADERS | dict(request.headers),
        data=request.body,
    ).prepare()


def _refuse_redirect(
    response: requests.Response, destination: egress.Destination, deadline: Deadline
) -> None:
    if response.status_code not in _REDIRECTS:
        return
    raise CallFailed(
        ErrorClass.UNREACHABLE,
        f"{destination.host} answered with a redirect{_target(response)} "
        f"(HTTP {response.status_code}), and Axiom follows none. "
        "Enter the final address as the base URL, if you trust it.",
        latency_ms=deadline.elapsed_ms,
        http_status=response.status_code,
    )


def _target(response: requests.Response) -> str:
    """Name where a redirect leads, without its path and query, which may carry tokens."""
    try:
        target = urlsplit(response.headers.get("location", ""))
        host = target.hostname or ""
    except ValueError:
        return ""
    is_plain = host.isascii() and host.isprintable() and len(host) <= _LONGEST_HOST
    return f" to {target.scheme}://{host}" if host and is_plain else ""


def _read(
    response: requests.Response,
    destination: egress.Destination,
    deadline: Deadline,
    *,
    max_body: int,
) -> Answer:
    if response.status_code >= _FIRST_ERROR_STATUS:
        body = _as_far_as_it_came(response)
    else:
        body = _whole(response, destination, deadline, max_body=max_body)
    fields = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, fields, body, deadline.elapsed_ms)


def _whole(
    response: requests.Response,
    destination: egress.Destination,
    deadline: Deadline,
    *,
    max_body: int,
) -> bytes:
    body = bytearray()
    while chunk := response.raw.read(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > max_body:
            raise CallFailed(
                ErrorClass.PROVIDER_ERROR,
                f"{destination.host} answered with more than {max_body // 1024} KB, which is "
                "not an answer to this request. Check that the base URL is the API's.",
                latency_ms=deadline.elapsed_ms,
                http_status=response.status_code,
            )
    return bytes(body)


def _lines(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    """Give whole lines as they come; one that is too long is no line of ours."""
    held = bytearray()
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        patience.renew()
        held += chunk
        *whole, rest = bytes(held).split(b"\n")
        yield from whole
        held = bytearray(rest[-_MOST_LINE_BYTES:])
    yield bytes(held)


def _as_far_as_it_came(response: requests.Response) -> bytes:
    """Read a refusal: its status already says the most, so a broken body does not hide it."""
    body = bytearray()
    with suppress(urllib3.exceptions.HTTPError, OSError):
        while len(body) < _MOST_ERROR_BYTES:
            chunk = response.raw.read1(_CHUNK_BYTES, decode_content=True)
            if not chunk:
                break
            body += chunk
    return bytes(body)
