"""A tool's call as the REST request that it stands for, answered by the very same view."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponse
from django.urls import ResolverMatch, resolve
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accounts.api.errors import answer_error
from accounts.permissions import rest_path
from axiom.mcp.tools import WHOLE_BODY, Tool

# What a REST request has of the request that brought the call: who asks, from where, to where.
_KEPT: Final = (
    "HTTP_AUTHORIZATION",
    "HTTP_HOST",
    "HTTP_USER_AGENT",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "REMOTE_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.url_scheme",
)
_TOLD_HEADERS: Final = ("ETag", "Retry-After")  # what a client can act on
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What REST answered: its status, its body, and the headers that a client can act on."""

    status: int
    text: str
    body: dict[str, Any] | None
    headers: Mapping[str, str]

    @property
    def is_error(self) -> bool:
        return self.status >= 400  # noqa: PLR2004 - HTTP's own border


def call(tool: Tool, arguments: Mapping[str, Any], brought_by: Mapping[str, Any]) -> Answer:
    """Do what the tool does, as whoever brought the call; an error is an answer like any other.

    ``brought_by`` is the WSGI environment of that request.
    """
    missing = {name: ["This is needed."] for name in tool.path.keys() - arguments}
    if missing:
        return _refusal(ValidationError(missing))
    request = _request(tool, arguments, brought_by)
    try:
        found = _own_view(tool, request.path_info)
    except Http404 as error:
        return _refusal(error)
    return _answer(found.func(request, *found.args, **found.kwargs))


def _request(
    tool: Tool, arguments: Mapping[str, Any], brought_by: Mapping[str, Any]
) -> WSGIRequest:
    kept = {name: brought_by[name] for name in _KEPT if name in brought_by}
    body = b"" if tool.body is None else json.dumps(_body(tool, arguments)).encode()
    return WSGIRequest(
        kept
        | _headers(tool, arguments)
        | {
            "REQUEST_METHOD": tool.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _path(tool, arguments),
            "QUERY_STRING": _query(tool, arguments),
            "HTTP_ACCEPT": _JSON,
            "CONTENT_TYPE": _JSON if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
    )


def _path(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Fill the address; what no id and no group's name can hold is written to find nothing."""
    words = {place: quote(_word(arguments[name]), safe=" ") for name, place in tool.path.items()}
    return tool.address.format(**words)


def _headers(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"HTTP_{header.upper().replace('-', '_')}": _word(arguments[name])
        for name, header in tool.headers.items()
        if arguments.get(name) is not None
    }


def _query(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Write the query; where there is no body, an argument that nobody knows is refused there."""
    asked = {name: arguments[name] for name in arguments if _is_asked(tool, name)}
    return urlencode(
        [
            (name, _word(value))
            for name, given in asked.items()
            if given is not None
            for value in (given if isinstance(given, list) else [given])
        ]
    )


def _is_asked(tool: Tool, name: str) -> bool:
    if tool.body is None:
        return name not in tool.path.keys() | tool.headers.keys()
    return name in tool.query - tool.body


def _body(tool: Tool, arguments: Mapping[str, Any]) -> Any:
    """Write the body; an argument that nobody knows is refused there, by the serializer."""
    fields = tool.body or frozenset()
    if fields == {WHOLE_BODY}:
        return arguments.get(WHOLE_BODY)
    elsewhere = (tool.path.keys() | tool.query | tool.headers.keys()) - fields
    return {name: value for name, value in arguments.items() if name not in elsewhere}


def _word(value: Any) -> str:
    """Write a value as addresses and headers have it; odd ones as JSON, for the view to refuse."""
    return value if isinstance(value, str) else json.dumps(value)


def _own_view(tool: Tool, path: str) -> ResolverMatch:
    """Find the tool's own view; an argument that would lead to another one finds nothing."""
    found = resolve(path)
    if rest_path(found.route) != tool.address:
        raise Http404
    return found


def _refusal(error: Exception) -> Answer:
    """Tell what the view would have told, had the request got that far."""
    response = answer_error(error, {})
    text = JSONRenderer().render(response.data).decode()
    return Answer(response.status_code, text, json.loads(text), headers={})


def _answer(response: HttpResponse) -> Answer:
    if isinstance(response, Response):
        response.render()
    text = response.content.decode()
    is_json = response.headers.get("Content-Type", "").startswith(_JSON)
    body = json.loads(text) if is_json and text else None
    return Answer(
        status=response.status_code,
        text=text,
        body=body if isinstance(body, dict) else None,
        headers={
            name: response.headers[name] for name in _TOLD_HEADERS if name in response.headers
        },
    )
