"""The official client, talking to the portal of this very process, in either generation."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client as Browser
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

MODERN, EARLIER = "2026-07-28", "legacy"
GENERATIONS = (MODERN, EARLIER)
URL = "http://testserver/mcp"

Outcome = TypeVar("Outcome")


class InProcess(httpx2.AsyncBaseTransport):
    """Hands each request to Django, in the thread of the test and its transaction."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        status, headers, body = await sync_to_async(_asked)(request, content)
        return httpx2.Response(status, headers=headers, content=body, request=request)


def _asked(request: httpx2.Request, content: bytes) -> tuple[int, dict[str, str], bytes]:
    answer = Browser(enforce_csrf_checks=True).generic(
        request.method,
        request.url.path,
        content,
        content_type=request.headers.get("content-type", ""),
        headers=dict(request.headers),
    )
    return answer.status_code, dict(answer.headers), answer.content


def talk(
    token: str, story: Callable[[Client], Awaitable[Outcome]], *, mode: str = MODERN
) -> Outcome:
    """Connect with a key's token, let the story happen, and give what it tells."""

    async def run() -> Outcome | MCPError:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(transport=InProcess(), headers=headers) as http,
            Client(streamable_http_client(URL, http_client=http), mode=mode) as client,
        ):
            try:
                return await story(client)
            except MCPError as error:
                return error  # raised inside, it would come out in a group of groups

    outcome = async_to_sync(run)()
    if isinstance(outcome, MCPError):
        raise outcome
    return outcome


def listed(token: str, *, mode: str = MODERN) -> dict[str, Any]:
    """Give the tools that a key is shown, by their names."""

    async def story(client: Client) -> Any:
        return await client.list_tools()

    return {tool.name: tool for tool in talk(token, story, mode=mode).tools}


def called(token: str, name: str, /, *, mode: str = MODERN, **arguments: object) -> Any:
    """Call one tool, and give its result."""

    async def story(client: Client) -> Any:
        return await client.call_tool(name, arguments)

    return talk(token, story, mode=mode)
