"""Reading a URL strictly, so that nobody downstream can read another host into it."""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import idna

from foundation.egress.errors import Refused

Address = IPv4Address | IPv6Address
Scheme = Literal["http", "https"]

HIGHEST_PORT = 65535

_DEFAULT_PORTS: dict[str, tuple[Scheme, int]] = {"http": ("http", 80), "https": ("https", 443)}
_LONGEST_URL = 2048
_LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DIGITS = re.compile(r"[0-9]{1,5}")
# Scripts that people do write together, by Unicode's names of their letters.
_MIXABLE = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL asks for: a lowercase ASCII host without brackets or trailing dot, and a port."""

    scheme: Scheme
    host: str
    port: int

    @property
    def address(self) -> Address | None:
        """The host as an address, where it is one."""
        return literal_address(self.host)


def parse_url(url: str) -> Target:
    """Read scheme, host and port of a URL; raises Refused for anything ambiguous."""
    _refuse_disguises(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("This is not a URL. Write one such as https://api.example.com/v1.") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused("Only http and https are called. Start the URL with https://.")
    scheme, default_port = _DEFAULT_PORTS[parts.scheme]
    host, port = _host_and_port(parts)
    return Target(scheme, normal_host(host), default_port if port is None else port)


def normal_host(host: str) -> str:
    """Give the one spelling of a host name or address: lowercase, ASCII, no trailing dot.

    International names become punycode. Raises Refused for what is neither name nor address,
    for addresses in any but their usual form, and for look-alike names of mixed scripts.
    """
    if "%" in host:
        raise Refused("The host holds a % sign. Write it plainly, without a zone or escapes.")
    if ":" in host:
        return _normal_ipv6(host)
    name = _ascii(host).lower().removesuffix(".")
    if len(name) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, name.split("."))):
        raise Refused("The host is not a valid name. Check its spelling.")
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and literal_address(name) is None:
        raise Refused(
            "The host is an address in an unusual form. Write it as four numbers, a.b.c.d."
        )
    return name


def literal_address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse_disguises(url: str) -> None:
    if len(url) > _LONGEST_URL:
        raise Refused(f"The URL is too long. Keep it within {_LONGEST_URL} characters.")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise Refused("The URL holds a space or an invisible character. Type it again.")
    if "\\" in url:
        raise Refused("The URL holds a backslash. Use / instead.")
    if "#" in url:
        raise Refused("The URL holds a fragment. Remove # and what follows.")


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    if "@" in parts.netloc:
        raise Refused("The URL holds a user name or password. Keep credentials in a secret.")
    host, colon, port = parts.netloc.rpartition(":")
    if not colon or "]" in port:
        host, port = parts.netloc, ""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1] if ":" in host else ""
    elif ":" in host:
        raise Refused(
            "The host is not valid. Put an IPv6 address in brackets, as in [2001:db8::1]."
        )
    if not host:
        raise Refused("The URL has no host. Write one such as https://api.example.com/v1.")
    return host, _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= HIGHEST_PORT:
        raise Refused(f"The port is not valid. Use a number from 1 to {HIGHEST_PORT}.")
    return int(text)


def _normal_ipv6(host: str) -> str:
    address = literal_address(host)
    if address is None:
        raise Refused("The host is not a valid IPv6 address. Check its spelling.")
    return str(address)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        name = idna.encode(host, uts46=True).decode("ascii")
        labels = idna.decode(name).split(".")
    except (idna.IDNAError, UnicodeError):
        raise Refused("The host is not a valid international name. Check its spelling.") from None
    if not all(map(_is_one_script, labels)):
        raise Refused(f"The host mixes alphabets that look alike. If you mean it, write {name}.")
    return name


def _is_one_script(label: str) -> bool:
    # The standard library knows no scripts, but a letter's name starts with its script's.
    scripts = {
        unicodedata.name(letter, "UNKNOWN").split()[0] for letter in label if letter.isalpha()
    }
    return len(scripts) <= 1 or any(scripts <= together for together in _MIXABLE)
