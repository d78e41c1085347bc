"""The official SDK and the MCP inspector against the portal of a running installation."""

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.journeys.aimock import FOLDER, node
from tests.journeys.installation import PATIENCE_S, Installation
from tests.journeys.upstream import MODELS, Upstream

INSPECTOR = FOLDER / "node_modules" / "@modelcontextprotocol" / "inspector"
LAUNCHER = INSPECTOR / "clients" / "launcher" / "build" / "index.js"
GENERATIONS = {"2026-07-28": "2026-07-28", "legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.fixture(scope="module")
def token(installation: Installation) -> str:
    return installation.script_token


def talk(
    installation: Installation, token: str, story: Callable[[Client], Awaitable[Any]], mode: str
) -> Any:
    async def run() -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as http,
            Client(
                streamable_http_client(f"{installation.portal_url}/mcp", http_client=http),
                mode=mode,
            ) as client,
        ):
            return await story(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", GENERATIONS)
def test_the_sdk_lists_tools_and_calls_them_in_each_generation(installation, token, mode):
    async def story(client: Client) -> Any:
        listed = await client.list_tools()
        lists = await client.call_tool("list-ai-providers", {"limit": 1})
        fails = await client.call_tool("get-ai-provider", {"id": "aip_0123456789abcdef"})
        return client.protocol_version, listed, lists, fails

    version, listed, lists, fails = talk(installation, token, story, mode)

    assert version == GENERATIONS[mode]
    assert {"list-ai-providers", "create-ai-provider"} <= {tool.name for tool in listed.tools}
    assert lists.structured_content["limit"] == 1
    assert fails.structured_content["error"]["code"] == "RESOURCE_NOT_FOUND"


def test_an_agent_adds_a_provider_and_follows_its_test_to_the_end(installation, token):
    upstream = Upstream()

    async def story(client: Client) -> tuple[Any, Any]:
        added = await client.call_tool(
            "create-ai-provider",
            {
                "name": "By an agent",
                "provider": "custom",
                "baseUrl": upstream.base_url,
                "apiKey": "any",
                "models": [MODELS[0]],
            },
        )
        begun = await client.call_tool("test-ai-provider", {"id": added.structured_content["id"]})
        return added, await followed(client, begun.structured_content["id"])

    try:
        added, operation = talk(installation, token, story, "2026-07-28")
    finally:
        upstream.stop()

    assert added.is_error is False
    assert operation["state"] == "succeeded", operation


async def followed(client: Client, operation_id: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = await client.call_tool("get-operation", {"id": operation_id})
            operation: dict[str, Any] = told.structured_content
            if operation["finishedAt"]:
                return operation
            await asyncio.sleep(0.1)


def test_many_calls_at_once_are_answered_each(installation, token):
    async def story(client: Client) -> list[Any]:
        calls = (client.call_tool("list-ai-providers", {"limit": n}) for n in range(1, 25))
        return await asyncio.gather(*calls)

    answers = talk(installation, token, story, "2026-07-28")

    assert [answer.structured_content["limit"] for answer in answers] == list(range(1, 25))


class Inspector:
    """The inspector's command line; its exit status is part of what it says."""

    def __init__(self, installation: Installation, token: str, home: Path) -> None:
        self._program = node(LAUNCHER, what="the MCP inspector")
        self._url = f"{installation.portal_url}/mcp"
        self._token = token
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def run(self, *words: str) -> tuple[int, Any]:
        ran = subprocess.run(
            (
                *(self._program, str(LAUNCHER), "--cli", self._url, "--transport", "http"),
                *("--header", f"Authorization: Bearer {self._token}", *words),
            ),
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=PATIENCE_S,
            check=False,
        )
        return ran.returncode, json.loads(ran.stdout) if ran.stdout.strip() else ran.stderr


@pytest.fixture
def inspector(installation: Installation, token: str, tmp_path: Path) -> Inspector:
    return Inspector(installation, token, tmp_path)


@pytest.mark.journey
def test_the_inspector_finds_no_error_in_any_tool(inspector):
    status, told = inspector.run("--method", "tools/list", "--strict")

    assert status == 0, told
    tools = {tool["name"]: tool for tool in told["tools"]}
    assert tools["list-ai-providers"]["annotations"]["readOnlyHint"] is True


@pytest.mark.journey
def test_the_inspector_calls_a_tool(inspector):
    call = ("--method", "tools/call", "--tool-name", "list-ai-providers", "--tool-arg", "limit=2")

    status, told = inspector.run(*call)

    assert status == 0, told
    assert told["structuredContent"]["limit"] == 2


@pytest.mark.journey
def test_the_inspector_shows_a_refusal_as_rest_tells_it(inspector):
    call = ("--method", "tools/call", "--tool-name", "get-ai-provider", "--tool-arg", "id=aip_x")

    _, told = inspector.run(*call)

    assert told["isError"] is True
    assert told["structuredContent"]["error"]["code"] == "RESOURCE_NOT_FOUND"
