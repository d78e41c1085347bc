"""What an address is: public, or special and then of which sort.

Sources: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates) and the
clouds' documentation of their metadata services. The tables are ours because `ipaddress` answers
differently from one Python release to the next.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from foundation.egress.hosts import Address

METADATA_HOSTS = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)
METADATA_ADDRESSES = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, Oracle, DigitalOcean, OpenStack
            "169.254.170.2",  # AWS: credentials of ECS tasks
            "169.254.170.23",  # AWS: credentials of EKS pods
            "169.254.0.23",  # Tencent
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's host agent, on an otherwise public address
            "192.0.0.192",  # Oracle, classic
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",  # AWS: credentials of EKS pods
            "fd20:ce::254",  # Google
        ),
    )
)

_SORTS: dict[str, tuple[str, ...]] = {
    "a loopback address": ("127.0.0.0/8", "::1/128"),
    "an unspecified address": ("0.0.0.0/8", "::/128"),
    "a private address": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "a site-local address": ("fec0::/10",),
    "a carrier's shared address": ("100.64.0.0/10",),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "a benchmarking address": ("198.18.0.0/15", "2001:2::/48"),
    "a documentation address": (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    ),
    "an IPv4 address in IPv6 disguise": (
        "::ffff:0:0/96",  # mapped
        "::ffff:0:0:0/96",  # translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "::/96",  # compatible
    ),
    "a reserved address": (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "240.0.0.0/4",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",
        "5f00::/16",
    ),
}
_SPECIAL = tuple(
    (ip_network(network), sort) for sort, networks in _SORTS.items() for network in networks
)
_ALLOCATED_IPV6 = IPv6Network("2000::/3")
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

# Where the IPv4 address stands, as bits from the right.
_EMBEDDING = tuple(
    (IPv6Network(network), shift)
    for network, shift in (
        ("::ffff:0:0/96", 0),
        ("::ffff:0:0:0/96", 0),
        ("::/96", 0),
        ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
        ("2001::/32", 64),
    )
)
_TEREDO = IPv6Network("2001::/32")
_IPV4_MASK = 0xFFFFFFFF


def sort_of(address: Address) -> str | None:
    """Name what keeps an address from being public, or None for a public one."""
    for network, sort in _SPECIAL:
        if address in network:
            return sort
    is_unallocated = isinstance(address, IPv6Address) and address not in _ALLOCATED_IPV6
    # Python may learn of a range before this table does.
    if is_unallocated or not address.is_global:
        return "a reserved address"
    return None


def is_loopback(address: Address) -> bool:
    return any(address in network for network in _LOOPBACK)


def faces_of(address: Address) -> tuple[Address, ...]:
    """Give the address and every IPv4 address that it carries inside."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        # :: and ::1 look like IPv4-compatible addresses and are not.
        return (address,)
    carried = [
        IPv4Address(int(address) >> shift & _IPV4_MASK)
        for network, shift in _EMBEDDING
        if address in network
    ]
    if address in _TEREDO:
        # Besides its server, Teredo carries the client's address with every bit turned.
        carried.append(IPv4Address(~int(address) & _IPV4_MASK))
    return (address, *carried)
