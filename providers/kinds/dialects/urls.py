"""From the base URL that a provider keeps to the URL that a call goes to."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from providers.kinds.vocabulary import Endpoint

Place = Callable[[str], str]
Address = Callable[[Endpoint, str, str], str]  # of a path and a model's id


def as_given(base_url: str) -> str:
    return base_url.rstrip("/")


def with_v1(base_url: str) -> str:
    """End in `/v1`, whether people typed it or not."""
    return f"{without_v1(base_url)}/v1"


def without_v1(base_url: str) -> str:
    return base_url.rstrip("/").removesuffix("/v1")


def at(path: str) -> Place:
    """Stand at another path of the same host, so that the credential stays where it belongs."""

    def place(base_url: str) -> str:
        parts = urlsplit(base_url)
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    return place


def under_base(endpoint: Endpoint, path: str, _model_id: str) -> str:
    return as_given(endpoint.base_url) + path


def under_v1(endpoint: Endpoint, path: str, _model_id: str) -> str:
    """Stand below `/v1`, whether people typed it or not."""
    return with_v1(endpoint.base_url) + path


def beside_v1(endpoint: Endpoint, path: str, _model_id: str) -> str:
    """Stand at the host without `/v1`, whether people typed it or not."""
    return without_v1(endpoint.base_url) + path


def segment(model_id: str) -> str:
    """Write a model's id so that it stays one segment of a path, whatever is in it."""
    return quote(model_id, safe="")
