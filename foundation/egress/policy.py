"""What staff permit beyond public addresses, and the verdict on one address."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from foundation.egress.addresses import (
    METADATA_ADDRESSES,
    METADATA_HOSTS,
    faces_of,
    is_loopback,
    sort_of,
)
from foundation.egress.errors import Refused
from foundation.egress.hosts import HIGHEST_PORT, Address, Target, normal_host

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class AllowRule:
    """Permits one host, address or CIDR range, at one port or at all of them.

    A host rule trusts whatever addresses the host's DNS gives, except a cloud's metadata service.
    Raises ValueError for a target that is none of the three, and for a port out of range.
    """

    target: str
    port: int | None = None

    def __post_init__(self) -> None:
        if self.port is not None and not 1 <= self.port <= HIGHEST_PORT:
            raise ValueError(f"A rule's port is a number from 1 to {HIGHEST_PORT}, or none.")
        if _network(self.target) is None:
            if "/" in self.target:
                raise ValueError(f"{self.target} is not a range. Write one such as 10.1.0.0/16.")
            _host(self.target)

    def names(self, target: Target) -> bool:
        """Tell whether the rule is for the target's host name and port."""
        is_host = _network(self.target) is None and _host(self.target) == target.host
        return is_host and self.port in {None, target.port}

    def covers(self, address: Address, port: int) -> bool:
        """Tell whether the rule's range holds the address, at that port."""
        network = _network(self.target)
        return network is not None and address in network and self.port in {None, port}

    def is_exactly(self, address: Address, port: int) -> bool:
        """Tell whether the rule is for this address alone, at that port."""
        network = _network(self.target)
        return self.covers(address, port) and network is not None and network.num_addresses == 1


@dataclass(frozen=True, slots=True)
class Policy:
    """Public addresses, what the rules permit, and loopback where that is asked for."""

    rules: tuple[AllowRule, ...] = ()
    allow_loopback: bool = False

    def refuse_host(self, target: Target) -> None:
        """Raise Refused for the name of a metadata service, which no address redeems."""
        if target.host in METADATA_HOSTS and not self._names(target):
            raise _metadata_refused(target.host)

    def refuse_address(self, target: Target, address: Address) -> None:
        """Raise Refused unless the target may be reached at this address.

        Every IPv4 address that an IPv6 one carries inside must pass as well.
        """
        for face in faces_of(address):
            self._refuse_face(target, face)

    def _refuse_face(self, target: Target, face: Address) -> None:
        if face in METADATA_ADDRESSES:
            if not self._permits_metadata(target, face):
                raise _metadata_refused(_described(target, face))
            return
        sort = sort_of(face)
        if sort is None or (self.allow_loopback and is_loopback(face)):
            return
        if self._names(target) or any(rule.covers(face, target.port) for rule in self.rules):
            return
        raise Refused(
            f"{_described(target, face)} is {sort}. Use a public address, "
            f"or ask staff for an allow rule for {target.host} port {target.port}."
        )

    def _permits_metadata(self, target: Target, address: Address) -> bool:
        if target.host in METADATA_HOSTS and self._names(target):
            return True
        return any(rule.is_exactly(address, target.port) for rule in self.rules)

    def _names(self, target: Target) -> bool:
        return any(rule.names(target) for rule in self.rules)


def _metadata_refused(what: str) -> Refused:
    return Refused(
        f"{what} is a cloud's metadata service, which hands out credentials. Only an allow rule "
        "for exactly that host or address opens it; a range does not."
    )


def _described(target: Target, address: Address) -> str:
    return target.host if target.host == str(address) else f"{target.host} ({address})"


@lru_cache(maxsize=1024)
def _network(target: str) -> Network | None:
    if "%" in target:
        return None
    try:
        return ip_network(target, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _host(target: str) -> str:
    return normal_host(target)
