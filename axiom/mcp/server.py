"""The only importer of the MCP SDK, which itself is imported when somebody first calls.

Every request stands alone: no session lives in a process, so any portal process answers any
request, of either protocol generation. The SDK is asynchronous and Axiom's views are not: its
part of a request runs on a loop of its own, and what touches records runs in the thread that
serves the request.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from mcp.server import Server, ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ToolShown

from accounts.authority import may_somewhere
from accounts.principal import Principal
from axiom.mcp.calls import Answer, call
from axiom.mcp.tools import Tool, tools

INSTRUCTIONS: Final = (
    "The control plane of LLM providers. Each tool is one REST operation, with the rights of the "
    "API key. Where a tool takes dryRun, true tells what would change and what depends on it, and "
    "changes nothing. Work that takes long answers with an operation: follow it by get-operation."
)
_NOT_ASKED_FOR: Final = {"authorization", "cookie"}  # the SDK needs neither
_Context = ServerRequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request: who asks, its WSGI environment, headers and body."""

    principal: Principal
    environment: Mapping[str, Any]
    headers: Mapping[str, str]
    content: bytes


@dataclass(slots=True)
class Told:
    """The SDK's answer to it."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


def answer(asked: Asked) -> Told:
    """Let the SDK answer one request; called in the thread that serves it."""
    return async_to_sync(_answered)(asked)


async def _answered(asked: Asked) -> Told:
    manager = StreamableHTTPSessionManager(_server(asked), stateless=True, json_response=True)
    told = Told()
    async with manager.run():
        await manager.handle_request(_scope(asked), _reading(asked.content), _writing(told))
    return told


def _server(asked: Asked) -> "Server[Any]":
    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=await sync_to_async(_shown_to)(asked.principal))

    async def call_tool(_: _Context, params: CallToolRequestParams) -> CallToolResult:
        return await sync_to_async(_called)(params, asked.environment)

    return Server(
        "axiom",
        title="Axiom",
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        instructions=INSTRUCTIONS,
        get_tool_input_schema=_nothing_in_headers,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _shown_to(principal: Principal) -> list[ToolShown]:
    """Leave out what the key may do nowhere."""
    return [
        _shown(tool)
        for tool in tools().values()
        if may_somewhere(principal, tool.permission.action)
    ]


def _shown(tool: Tool) -> ToolShown:
    return ToolShown(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.takes),
        output_schema=None if tool.answers is None else dict(tool.answers),
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.is_read,
            destructive_hint=tool.is_destructive,
            idempotent_hint=tool.is_idempotent,
            open_world_hint=tool.calls_out,
        ),
    )


def _called(params: CallToolRequestParams, environment: Mapping[str, Any]) -> CallToolResult:
    """Answer a call. A tool that is hidden from the key is refused as REST refuses it."""
    tool = tools().get(params.name)
    if tool is None:
        raise MCPError(INVALID_PARAMS, "There is no such tool.")
    return _result(call(tool, params.arguments or {}, environment))


def _result(told: Answer) -> CallToolResult:
    lines = [told.text or "Done.", *(f"{name}: {value}" for name, value in told.headers.items())]
    return CallToolResult(
        content=[TextContent(text=line) for line in lines],
        structured_content=told.body,
        is_error=told.is_error,
    )


def _nothing_in_headers(_name: str) -> None:
    """No argument of a tool is repeated in a header, so there is nothing to compare."""


def _scope(asked: Asked) -> dict[str, Any]:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in asked.headers.items()
        if name.lower() not in _NOT_ASKED_FOR
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "query_string": b"",
        "headers": headers,
    }


def _reading(content: bytes) -> Callable[[], Any]:
    left = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop()
        await asyncio.Event().wait()  # the client's leaving is not seen from here
        raise AssertionError

    return receive


def _writing(told: Told) -> Callable[[Any], Any]:
    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.status = message["status"]
            told.headers = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in message["headers"]
            }
        else:
            told.content += message.get("body", b"")

    return send
