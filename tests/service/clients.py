"""Subscribers written by others, each as an iterator over the frames that it receives."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import aiohttp
import pytest
from websockets.asyncio.client import connect

from broker.messages import Channel
from service.node_program import NODE_DIR, why_absent
from service.running import Service

Frames = AsyncGenerator[str, None]
LINE_LIMIT_BYTES = 16 * 1024 * 1024


async def python_websockets(service: Service, channel: Channel) -> Frames:
    """`websockets` with all its defaults."""
    async with connect(service.url(channel), ssl=service.trust) as connection:
        async for message in connection:
            assert isinstance(message, str)
            yield message


async def python_aiohttp(service: Service, channel: Channel) -> Frames:
    """`aiohttp`, its key in the header."""
    headers = {"Authorization": f"Bearer {service.key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{service.address}/ws/{channel}", compress=15, ssl=service.trust or True) as connection,
    ):
        async for message in connection:
            assert message.type is aiohttp.WSMsgType.TEXT
            yield message.data


async def node_ws(service: Service, channel: Channel) -> Frames:
    """`ws` on node."""
    if why := why_absent():
        pytest.skip(why)
    async for line in _printed(["node", str(NODE_DIR / "subscribe.js"), service.url(channel)], service):
        yield line


async def our_watch(service: Service, channel: Channel) -> Frames:
    """`books-relayer watch --json`."""
    command = service.command("watch", channel, "--json", url=service.address, key=service.key)
    async for line in _printed(command, service):
        yield line


CLIENTS: tuple[Callable[[Service, Channel], Frames], ...] = (python_websockets, python_aiohttp, node_ws, our_watch)


async def _printed(command: list[str], service: Service) -> Frames:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT_BYTES, env=service.environment
    )
    assert process.stdout
    try:
        async for line in process.stdout:
            yield line.decode().rstrip("\n")
    finally:
        process.kill()
        await process.wait()
