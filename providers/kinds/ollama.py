"""Ollama's native API beside the formats that it serves: pulling and deleting models. No I/O.

It is at the host without `/v1`, whether people typed that or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson

from providers.kinds import headers
from providers.kinds.dialects import reading, urls
from providers.kinds.vocabulary import Endpoint, Request

_JSON: Final = {"content-type": "application/json"}
LONGEST_NAME: Final = 200


def name_problem(name: str) -> str:
    """Say what is wrong with the name of a model that somebody wants pulled."""
    if not name:
        return "Enter the model's name, for example llama3.3 or qwen3:8b."
    if (
        len(name) > LONGEST_NAME
        or not name.isascii()
        or any(not sign.isprintable() or sign.isspace() for sign in name)
    ):
        return "A model's name is plain letters, digits and signs, without spaces."
    return ""


def tagged(name: str) -> str:
    """Give the name that a server lists: without a tag it is the one that is tagged `latest`."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def pull_request(endpoint: Endpoint, name: str) -> Request:
    return _request("POST", endpoint, "/api/pull", {"model": name, "stream": True})


def delete_request(endpoint: Endpoint, name: str) -> Request:
    return _request("DELETE", endpoint, "/api/delete", {"model": name})


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is: bytes of each layer by its digest, and the words for what goes on."""

    stage: str = ""
    layers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    is_done: bool = False
    error: str = ""

    @property
    def completed(self) -> int:
        return sum(completed for completed, _ in self.layers.values())

    @property
    def total(self) -> int:
        return sum(total for _, total in self.layers.values())

    @property
    def percent(self) -> int:
        """Percent of the bytes that are known of; all of them only once it has ended well."""
        if self.is_done:
            return 100
        return min(99, self.completed * 100 // self.total) if self.total else 0

    def after(self, line: bytes) -> Self:
        """Give the progress after one more line of the server's."""
        said = reading.event_of(line)
        error = reading.text(said, "error")
        if error:
            return type(self)(self.stage, self.layers, error=error)
        stage = reading.text(said, "status") or self.stage
        return type(self)(stage, _with_layer(self.layers, said), is_done=stage == "success")

    def as_result(self) -> dict[str, Any]:
        """Give what an operation keeps of it."""
        return {
            "stage": self.stage,
            "percent": self.percent,
            "completed": self.completed,
            "total": self.total,
            "layers": {digest: list(sizes) for digest, sizes in self.layers.items()},
        }

    @classmethod
    def of_result(cls, result: Mapping[str, Any]) -> Self:
        """Go on from what an operation kept."""
        kept = result.get("layers", {})
        layers = {digest: (sizes[0], sizes[1]) for digest, sizes in kept.items()}
        return cls(str(result.get("stage", "")), layers)


def _with_layer(
    layers: Mapping[str, tuple[int, int]], said: reading.Json
) -> Mapping[str, tuple[int, int]]:
    digest, total = reading.text(said, "digest"), reading.count(said, "total")
    if not digest or not total:
        return layers
    return {**layers, digest: (min(reading.count(said, "completed"), total), total)}


def _request(method: str, endpoint: Endpoint, path: str, said: Mapping[str, object]) -> Request:
    url = urls.beside_v1(endpoint, path, "")
    return Request(method, url, headers.bearer(endpoint) | _JSON, orjson.dumps(said))
