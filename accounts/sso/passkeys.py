"""Where passkeys work: browsers bind them to a name, never to an address of numbers."""

from ipaddress import ip_address


def are_possible_at(host: str) -> bool:
    """Whether browsers make passkeys for a page at this host, given with or without its port."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        ip_address(name)
    except ValueError:
        return True
    return False
