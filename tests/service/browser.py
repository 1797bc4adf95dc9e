"""Chromium without a window, on a page that opens WebSockets: nothing speaks to it but the page's own requests."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web
from msgspec import json

from service.node_program import NODE_DIR
from service.program import Program, Report
from service.waiting import eventually

COMMAND = "chromium"
PAGE_DIR = Path(__file__).parent / "browser"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that shows nothing, works for root too, and speaks to nobody but the page's server."""
START_SECONDS = 60.0
REPORTS_LIMIT_BYTES = 256 * 1024 * 1024


class PageServer:
    """What the page gets its orders from, and reports to."""

    def __init__(self) -> None:
        self.program: Program | None = None
        self.is_asked = False
        """Whether the page has come to ask for orders."""
        self._orders: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        self.order = self._orders.put_nowait

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serve the page on loopback; gives its address."""
        application = web.Application(client_max_size=REPORTS_LIMIT_BYTES)
        application.add_routes(
            [
                web.get("/", _file(PAGE_DIR / "index.html")),
                web.get("/page.js", _file(PAGE_DIR / "page.js")),
                web.get("/opening.js", _file(NODE_DIR / "opening.js")),
                web.get("/orders", self._give_orders),
                web.post("/reports", self._take_reports),
            ]
        )
        # A page that is gone waits for no more orders.
        runner = web.AppRunner(application, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        finally:
            await runner.cleanup()

    async def _give_orders(self, _request: web.Request) -> web.Response:
        self.is_asked = True
        return web.Response(body=json.encode([await self._orders.get()]))

    async def _take_reports(self, request: web.Request) -> web.Response:
        assert self.program
        for report in json.decode(await request.read(), type=list[Report]):
            self.program.take(report)
        return web.Response()


def why_absent() -> str | None:
    """Why there is no browser, if there is none."""
    return None if shutil.which(COMMAND) else "chromium is not there: scripts/test installs it for root on Debian"


@asynccontextmanager
async def browser() -> AsyncIterator[Program]:
    """A browser of its own, with its page loaded."""
    server = PageServer()
    # What it leaves behind at its end it may still be writing when that is deleted.
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        async with server.serve() as page:
            process = await asyncio.create_subprocess_exec(
                COMMAND,
                *FLAGS,
                f"--user-data-dir={home}/profile",
                page,
                env={**os.environ, "HOME": home, "TMPDIR": home},
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            program = server.program = Program(process, lambda number, url: server.order((number, url)))
            try:
                await eventually(lambda: server.is_asked, "the browser has loaded its page", START_SECONDS)
                yield program
            finally:
                await program.end()


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
    async def give(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return give
