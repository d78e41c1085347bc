"""What a vendor's client sent, beside what a dialect of ours built for the same call."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from werkzeug import Request as Heard

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, Request

KEY = "canary-9f8e7d6c5b4a"
MESSAGES = [{"role": "user", "content": "Why?"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

# Anthropic's client speaks the API version of 2026-10-21 by now, and sends its key as a Bearer
# token; ours is 2023-06-01, which still takes a temperature. So `anthropic-version` is left out.
TELLING = {
    "api-key",
    "authorization",
    "content-type",
    "openai-organization",
    "openai-project",
    "x-goog-api-key",
}


def heard(request: Heard) -> dict[str, object]:
    """Say what a server heard, as far as it tells one call from another."""
    return {
        "method": request.method,
        "target": request.full_path.rstrip("?"),
        "headers": _telling(dict(request.headers)),
        "body": request.get_json(silent=True),
    }


def built(request: Request) -> dict[str, object]:
    """Say the same of a request that is yet to be sent."""
    parts = urlsplit(request.url)
    return {
        "method": request.method,
        "target": parts.path + (f"?{parts.query}" if parts.query else ""),
        "headers": _telling(request.headers),
        "body": json.loads(request.body) if request.body else None,
    }


def _telling(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in named.items() if name in TELLING}


def endpoint_of(slug: str, base_url: str, **config: str) -> Endpoint:
    return KINDS[slug].endpoint(base_url=base_url, credential={"api_key": KEY}, config=config)


def at_vendors(slug: str, origin: str, **config: str) -> Endpoint:
    """Give the endpoint of a kind whose base URL is its vendor's, as if the vendor were here."""
    there = endpoint_of(slug, "", **config)
    return Endpoint(origin + urlsplit(there.base_url).path, there.credential, there.config)


def events(payloads: list[dict[str, object]]) -> str:
    """Write a stream as servers send it."""
    return "".join(_event(payload) for payload in payloads)


def _event(payload: Mapping[str, object]) -> str:
    name = f"event: {payload['type']}\n" if "type" in payload else ""
    return f"{name}data: {json.dumps(payload)}\n\n"
