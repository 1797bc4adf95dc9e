"""`watch` against a real WebSocket server in a thread."""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from broker.cli import program
from broker.cli import watch as watch_module
from broker.cli.watch import WatchError, follow
from broker.cli.watch_table import render
from broker.events import PriceChange, ScoreChange, StatusChange
from broker.view import View

KEY = "pn_live_" + "k" * 32
Handler = Callable[[ServerConnection], None]


class Notes:
    """A screen that notes all."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.said: list[str] = []

    def show(self, frame: bytes) -> None:
        self.frames.append(frame)

    def refresh(self) -> None:
        """Nothing to draw."""

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def serving() -> Iterator[Callable[..., str]]:
    servers: list[tuple[Server, threading.Thread]] = []

    def start(handler: Handler, refuse: HTTPStatus | None = None) -> str:
        def answer(connection: ServerConnection, _request: Request) -> Response | None:
            return connection.respond(refuse, '{"error":"no"}') if refuse else None

        server = serve(handler, "127.0.0.1", 0, process_request=answer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"ws://127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()


def _say_one_and_revoke(connection: ServerConnection) -> None:
    connection.send('{"type":"welcome"}')
    connection.close(1008, "key revoked or expired")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_will_not_change_ends_it(serving: Callable[..., str], status: int) -> None:
    url = serving(_say_one_and_revoke, HTTPStatus(status))
    with pytest.raises(WatchError, match=f'the server answered HTTP {status}: {{"error":"no"}}'):
        follow(url, KEY, Notes())


def test_the_key_goes_into_the_header(serving: Callable[..., str]) -> None:
    requests: list[Request] = []

    def note(connection: ServerConnection) -> None:
        assert connection.request
        requests.append(connection.request)
        _say_one_and_revoke(connection)

    with pytest.raises(WatchError, match="1008 key revoked"):
        follow(serving(note) + "/ws/live", KEY, Notes())
    (request,) = requests
    assert request.path == "/ws/live"
    assert request.headers["Authorization"] == f"Bearer {KEY}"


def test_it_connects_again_until_told_not_to(serving: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "pause_seconds", lambda *_: 0.0)
    endings = [(1012, "service restart"), (1013, "lagged: 5 events dropped"), (1000, "")]

    def end(connection: ServerConnection) -> None:
        if not endings:
            return _say_one_and_revoke(connection)
        return connection.close(*endings.pop(0))

    screen = Notes()
    with pytest.raises(WatchError, match="the server closed with 1008"):
        follow(serving(end), None, screen)
    assert screen.frames == [b'{"type":"welcome"}']
    assert [text.partition(";")[0] for text in screen.said if text != "connected"] == [
        "the server closed with 1012 service restart",
        "the server closed with 1013 lagged: 5 events dropped",
        "the server closed with 1000",
    ]


def test_frames_are_printed_as_received_and_a_closed_pipe_is_a_normal_end(
    serving: Callable[..., str],
) -> None:
    frame = '{"type":"halftime_show", "é":1}'
    gone = threading.Event()

    def send_one(connection: ServerConnection) -> None:
        connection.send(frame)
        gone.wait(30)

    process = subprocess.Popen(
        [sys.executable, "-c", "from broker.cli import main; main()", "watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "BOOKS_RELAYER_URL": serving(send_one), "BOOKS_RELAYER_KEY": KEY},
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline() == f"{frame}\n".encode()
    # Nothing more comes, so no write tells it that its reader is gone.
    process.stdout.close()
    assert process.wait(20) == 0
    gone.set()
    assert process.stderr.read() == b"books-relayer: connected\n"
    process.stderr.close()


@pytest.mark.parametrize("args", [[], ["news"], ["--json", "--key", "no key"]])
def test_wrong_usage(args: list[str]) -> None:
    result = CliRunner().invoke(program, ["watch", *args])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_picture_shows_games_and_prices() -> None:
    view = View()
    view.apply(StatusChange("g1", "xfl-[b]owls", "xfl", "unplayed", "live", 1_000))
    view.apply(ScoreChange("g1", "xfl-[b]owls", "xfl", 3, 14, "Q2", "01:23", 61_000))
    for old, new in ((None, -110.0), (-110.0, -105.0), (-105.0, -120.0)):
        view.apply(PriceChange("g1", None, "xfl", "spreads", "Book", "Owls", old, new, -2.5, 62_000))
    console = Console(file=io.StringIO(), width=120, height=30)
    with console.capture() as capture:
        console.print(render(view, "odds: connected", console.height))
    text = capture.get()
    for part in ("odds: connected", "xfl-[b]owls", "live", "14-3", "Q2", "01:23", "00:01:01"):
        assert part in text
    for part in ("new", "▲ -105", "▼ -120", "-2.5", "Book", "spreads"):
        assert part in text
    assert len(text.splitlines()) <= 30
