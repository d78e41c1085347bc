"""Seeing that a part answers, without a library and without its help."""

import asyncio
from pathlib import Path

from axiom.supervisor.parts import Door, Part

LOOK_EVERY_S = 0.05
ANSWER_S = 5.0


async def answers(part: Part) -> None:
    """Wait, as long as it takes, until the part answers; at once for one that never listens."""
    if part.socket is None and part.door is None:
        return
    while not await _answers_now(part):  # noqa: ASYNC110 - nothing tells; it must be asked
        await asyncio.sleep(LOOK_EVERY_S)


async def _answers_now(part: Part) -> bool:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await _asked(part)
    except (OSError, TimeoutError):
        return False


async def _asked(part: Part) -> bool:
    if part.socket is not None:
        return await _pong(part.socket)
    if part.door is not None:
        return await _page(part.door)
    return True


async def _pong(socket: Path) -> bool:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    return (await _said(reader, writer, b"PING\r\n")).startswith(b"+PONG")


async def _page(door: Door) -> bool:
    reader, writer = await asyncio.open_connection(door.host, door.port)
    request = f"GET {door.path} HTTP/1.1\r\nHost: {door.name}\r\nConnection: close\r\n\r\n"
    return (await _said(reader, writer, request.encode())).startswith(b"HTTP/1.")


async def _said(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes
) -> bytes:
    try:
        writer.write(question)
        return await reader.readline()
    finally:
        writer.close()
