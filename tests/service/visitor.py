"""Somebody at the page: Chromium driven by Playwright, and all that it complains of."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from service.browser import COMMAND, FLAGS
from service.node_program import NODE_DIR
from service.proxies import Proxy
from service.running import Service
from service.waiting import until

AXE = NODE_DIR / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""What axe-core checks of accessibility."""
SHOTS = "SCREENSHOTS_DIR"
"""Variable with the directory where screenshots are kept; without it they go with the test's own."""

Scheme = Literal["light", "dark"]


class Visitor:
    """One tab with nothing remembered from before.

    Args:
        context: of this tab alone.
        service: whose page it visits.
        shots: directory of its screenshots.
        proxy: through which it comes, if through any.
    """

    def __init__(self, context: BrowserContext, service: Service, shots: Path, proxy: Proxy | None = None) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        """Errors on the console, and exceptions that nobody caught."""
        self.origins: set[str] = set()
        """Where requests went, and WebSockets."""
        self._service = service
        self._shots = shots
        self._proxy = proxy
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._went(request.url))
        self.page.on("websocket", lambda socket: self._went(socket.url))

    @property
    def address(self) -> str:
        """The page's address."""
        if self._proxy:
            return f"https://127.0.0.1:{self._proxy.port}/"
        return f"http://127.0.0.1:{self._service.http_port}/"

    def open(self, place: str = "", key: str | None = None) -> None:
        """Open the page at a place, and enter a key.

        Args:
            place: what follows the `#`.
            key: the service's own, if none is given.
        """
        self.page.goto(f"{self.address}#{place}")
        self.enter(key or self._service.key)

    def enter(self, secret: str) -> None:
        """Enter a key or a token, where one is asked for."""
        self.page.get_by_role("textbox").fill(secret)
        self.page.keyboard.press("Enter")

    def until(self, function: str, what: str, argument: object = None) -> None:
        """Wait until a function of the page is true."""
        until(lambda: self.page.evaluate(function, argument), what)

    def until_live(self) -> None:
        """Wait until the stream is there."""
        self.until("document.getElementById('connection').dataset.phase === 'open'", "the page has its stream")

    def shoot(self, name: str) -> None:
        """Keep a picture of what is to be seen."""
        self.page.screenshot(path=self._shots / f"{name}.png")

    def violations(self) -> list[str]:
        """What axe-core has against the page as it is."""
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "(rules) => axe.run({ runOnly: { type: 'tag', values: rules } })", RULES
        )
        return [
            f"{violation['id']}: {node['html']}" for violation in found["violations"] for node in violation["nodes"]
        ]

    def assert_content(self, excused: str | None = None) -> None:
        """Nothing went wrong, and nothing was asked of anybody but the service.

        Args:
            excused: in complaints that are due: a browser writes each refusal to its console.
        """
        assert [complaint for complaint in self.complaints if excused is None or excused not in complaint] == []
        ports = [self._proxy.port] if self._proxy else [self._service.http_port, self._service.port]
        assert self.origins <= {f"127.0.0.1:{port}" for port in ports}

    def _went(self, url: str) -> None:
        self.origins.add(urlsplit(url).netloc)


class Visitors:
    """Who come by one browser.

    Args:
        browser: theirs.
        shots: directory of their screenshots.
    """

    def __init__(self, browser: Browser, shots: Path) -> None:
        self._browser = browser
        self._shots = shots

    @contextmanager
    def visit(
        self,
        service: Service,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: Scheme = "light",
        wants_motion: bool = True,
        proxy: Proxy | None = None,
    ) -> Iterator[Visitor]:
        """A tab of that many pixels, for as long as the block runs; through a proxy, if one is given."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="no-preference" if wants_motion else "reduce",
            locale="en-US",
            # A proxy's certificate is of the test's own authority.
            ignore_https_errors=proxy is not None,
        )
        try:
            yield Visitor(context, service, self._shots, proxy)
        finally:
            context.close()


@contextmanager
def visitors(shots: Path) -> Iterator[Visitors]:
    """A browser.

    Args:
        shots: where screenshots go, if the environment names no directory.
    """
    shots = Path(os.environ.get(SHOTS, shots))
    shots.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="visitor-", ignore_cleanup_errors=True) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which(COMMAND),
            args=[flag for flag in FLAGS if flag != "--headless"],
            env={**os.environ, "HOME": home, "TMPDIR": home},
        )
        yield Visitors(browser, shots)
        browser.close()


def figure(text: str) -> int:
    """A count as people read it, as a number."""
    return int(re.sub(r"\D", "", text))
