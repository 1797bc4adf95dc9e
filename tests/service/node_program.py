"""`ws` on node, as a program with any number of subscribers."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import json

from service.program import Program, Report

NODE_DIR = Path(__file__).parent / "node"
LINE_LIMIT_BYTES = 16 * 1024 * 1024


def why_absent() -> str | None:
    """Why there is no node with `ws`, if there is none."""
    if shutil.which("node") is None:
        return "node is not there"
    if not (NODE_DIR / "node_modules" / "ws").exists():
        return "ws is not installed: run `npm ci` in tests/service/node, as scripts/test does"
    return None


@asynccontextmanager
async def node_program() -> AsyncIterator[Program]:
    """Node with `ws`, and its offer as it is by default."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(NODE_DIR / "program.js"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT_BYTES,
        start_new_session=True,
    )
    orders, reports = process.stdin, process.stdout
    assert orders
    assert reports
    program = Program(process, lambda number, url: orders.write(json.encode([number, url]) + b"\n"))

    async def listen() -> None:
        async for line in reports:
            program.take(json.decode(line, type=Report))

    listening = asyncio.create_task(listen())
    try:
        yield program
    finally:
        await program.end()
        await listening
