"""From a URL to the checked address that the caller connects to."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foundation.egress.addresses import is_loopback
from foundation.egress.errors import CannotResolve, Refused
from foundation.egress.hosts import Address, Scheme, Target, literal_address, parse_url
from foundation.egress.policy import Policy

Resolver = Callable[[str, int], Sequence[str]]
"""From host and port to its addresses, best first; raises OSError when there are none."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to connect. `address` was checked, so it is used as it is, with no second look-up.

    `host` is for the Host header and TLS, without brackets. `others` are the remaining addresses
    of the same DNS answer, checked as well, for when `address` does not answer.
    """

    scheme: Scheme
    host: str
    port: int
    address: str
    others: tuple[str, ...] = ()


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the operating system, in its order of preference; it may take seconds to give up."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def resolve(url: str, policy: Policy, *, resolver: Resolver = system_resolver) -> Destination:
    """Read a URL, look its host up once, and check every address that DNS gives.

    One refused address among several refuses the URL: nobody could say which one a client picks.
    Raises Refused, or CannotResolve when the host has no address.
    """
    target = parse_url(url)
    policy.refuse_host(target)
    addresses = _addresses_of(target, resolver)
    for address in addresses:
        policy.refuse_address(target, address)
    first, *others = map(str, addresses)
    return Destination(target.scheme, target.host, target.port, first, tuple(others))


def validate_url(url: str, policy: Policy, *, resolver: Resolver = system_resolver) -> None:
    """Raise what `resolve` would raise; for forms, where nothing is called yet."""
    resolve(url, policy, resolver=resolver)


def _addresses_of(target: Target, resolver: Resolver) -> list[Address]:
    if target.address is not None:
        return [target.address]
    try:
        answers = resolver(target.host, target.port)
    except (OSError, UnicodeError):
        raise CannotResolve(target.host) from None
    if not answers:
        raise CannotResolve(target.host)
    addresses = list(dict.fromkeys(_read(target, answer) for answer in answers))
    if all(map(is_loopback, addresses)):
        # Servers on this machine mostly listen on 127.0.0.1 alone, while systems prefer ::1.
        addresses.sort(key=lambda address: address.version)
    return addresses


def _read(target: Target, answer: str) -> Address:
    address = literal_address(answer)
    if address is None or "%" in answer:
        raise Refused(f"DNS gives {target.host} an address that is not usable. Check its records.")
    return address
