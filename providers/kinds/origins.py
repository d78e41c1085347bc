"""What a credential is bound to: the place that it goes to, and whether it goes there in clear."""

from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def origin_of(url: str) -> str:
    """Give the host and port that a URL leads to, with `http://` before one without TLS.

    A scheme's own port is left out: each place has one name. Raises ValueError for no URL.
    """
    parts = urlsplit(url)
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    is_plain = bool(host) and parts.scheme != "https"
    return f"{parts.scheme}://{host}" if is_plain else host
