"""`watch` against a real WebSocket server in a thread."""

import io
import os
import queue
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from rich.console import Console
from trustme import CA
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from broker.cli import program
from broker.cli import watch as watch_module
from broker.cli.wanted import Wanted
from broker.cli.watch import WatchError, follow
from broker.cli.watch_screens import Frames
from broker.cli.watch_table import PANEL_LINES, choose, render
from broker.events import PriceChange, ScoreChange, StatusChange
from broker.view import GameRow, View

ROOT = Path(__file__).parents[3]
MAIN = "from broker.cli import main; main()"
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

    def start(handler: Handler, refuse: HTTPStatus | None = None, tls: ssl.SSLContext | None = None) -> str:
        def answer(connection: ServerConnection, _request: Request) -> Response | None:
            return connection.respond(refuse, '{"error":"no"}') if refuse else None

        server = serve(handler, "127.0.0.1", 0, process_request=answer, ssl=tls)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"{'wss' if tls else 'ws'}://127.0.0.1:{server.socket.getsockname()[1]}"

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


def test_a_certificate_that_is_not_trusted_ends_it(serving: Callable[..., str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA().issue_cert("127.0.0.1").configure_cert(context)
    with pytest.raises(WatchError, match=r"can't be trusted: .*; SSL_CERT_FILE names"):
        follow(serving(_say_one_and_revoke, tls=context), KEY, Notes())


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
        [sys.executable, "-c", MAIN, "watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "BOOKS_RELAYER_URL": serving(send_one), "BOOKS_RELAYER_KEY": KEY},
        cwd=ROOT,
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


class Asked(NamedTuple):
    """`watch` as a process, and the header in which its key arrives."""

    process: "subprocess.Popen[bytes]"
    authorization: "queue.Queue[str]"


@pytest.fixture
def watching(serving: Callable[..., str]) -> Iterator[Callable[..., Asked]]:
    processes: list[subprocess.Popen[bytes]] = []
    ended = threading.Event()

    def start(key: str, stdin: int) -> Asked:
        arrived: queue.Queue[str] = queue.Queue()

        def note(connection: ServerConnection) -> None:
            assert connection.request
            arrived.put(connection.request.headers["Authorization"])
            ended.wait(30)

        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "watch", "live", "--json", "--url", serving(note), "--key", key],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            # So that there is no other terminal than the one given to it.
            start_new_session=True,
        )
        processes.append(process)
        return Asked(process, arrived)

    yield start
    ended.set()
    for process in processes:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def test_a_key_on_the_command_line_is_not_in_the_list_of_processes_any_more(watching: Callable[..., Asked]) -> None:
    process, arrived = watching(KEY, subprocess.DEVNULL)
    assert arrived.get(timeout=20) == f"Bearer {KEY}"
    shown = Path("/proc", str(process.pid), "cmdline").read_bytes()
    assert shown.rstrip(b"\0") == b"books-relayer: watch live"


def test_the_key_is_read_from_a_pipe_when_asked_to(watching: Callable[..., Asked]) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{KEY}\n".encode())
    os.close(writing)
    _, arrived = watching("-", reading)
    os.close(reading)
    assert arrived.get(timeout=20) == f"Bearer {KEY}"


def test_the_key_is_asked_for_at_a_terminal_and_not_shown(watching: Callable[..., Asked]) -> None:
    controller, terminal = os.openpty()
    with os.fdopen(controller, "r+b", buffering=0) as screen:
        process, arrived = watching("-", terminal)
        os.close(terminal)
        assert process.stderr
        assert process.stderr.read(5) == b"key: "
        screen.write(f"{KEY}\n".encode())
        assert arrived.get(timeout=20) == f"Bearer {KEY}"
        os.set_blocking(controller, False)
        assert KEY.encode() not in (screen.read(100) or b"")


@pytest.mark.parametrize("args", [[], ["news"], ["--json", "--key", "no key"]])
def test_wrong_usage(args: list[str]) -> None:
    result = CliRunner().invoke(program, ["watch", *args])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def shown(view: View, height: int = 30, now: float = 100.0, width: int = 120) -> str:
    """What stands on the terminal, with its styles."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system="standard")
    console.print(render(view, "odds: connected", height, now))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_picture_shows_games_and_prices() -> None:
    view = View(Wanted())
    view.apply(StatusChange("g1", "xfl-[b]owls", "xfl", "unplayed", "live", 1_000), 1.0)
    view.apply(ScoreChange("g1", "xfl-[b]owls", "xfl", 3, 14, "Q2", "01:23", 61_000), 1.0)
    for old, new in ((None, -110.0), (-110.0, -105.0), (-105.0, -120.0)):
        view.apply(PriceChange("g1", None, "xfl", "spreads", "Book", "Owls", old, new, -2.5, 62_000), 1.0)
    text = shown(view)
    for part in ("odds: connected", "XFL", "xfl-[b]owls", "live", "14-3", "Q2", "01:23", "00:01:01"):
        assert part in text
    for part in ("new", "▲ -105", "▼ -120", "-2.5", "Book", "spreads"):
        assert part in text
    assert len(text.splitlines()) <= 30


def test_what_is_new_flashes() -> None:
    view = View(Wanted())
    view.apply(PriceChange("g1", None, "xfl", "spreads", "Book", "Owls", -110.0, -105.0, -2.5, 62_000), 90.0)
    view.apply(PriceChange("g1", None, "xfl", "spreads", "Book", "Owls", -105.0, -120.0, -2.5, 62_000), 99.0)
    view.apply(ScoreChange("g1", "xfl-owls", "xfl", 3, 14, "Q2", "01:23", 61_000), 99.0)
    reverse = re.compile(r"\x1b\[(?:\d+;)*7(?:;\d+)*m([^\x1b]*)")
    assert [part.strip() for part in reverse.findall(shown(view, now=100.0))] == ["14-3", "▼ -120"]
    assert not reverse.findall(shown(view, now=101.0))


def rows_of(*games: str) -> list[GameRow]:
    """Games as `league:slug:status`, each changed after the one before."""
    rows = []
    for number, name in enumerate(games):
        league, slug, status = name.split(":")
        rows.append(GameRow(slug, league or None, slug, status=status, changed_at=number))
    return rows


def test_games_stand_by_league_and_the_latest_live_ones_are_shown_where_there_is_no_room() -> None:
    rows = rows_of("nfl:a:live", "mlb:b:final", "nfl:c:live", ":d:live", "nfl:e:unplayed")
    chosen, left_out = choose(rows, 20)
    assert {league: [row.slug for row in some] for league, some in chosen.items()} == {
        "mlb": ["b"],
        "nfl": ["a", "c", "e"],
        "other": ["d"],
    }
    assert left_out == 0
    chosen, left_out = choose(rows, 4)
    assert {league: [row.slug for row in some] for league, some in chosen.items()} == {"other": ["d"], "nfl": ["c"]}
    assert left_out == 3
    assert "3 more" in shown_games(rows, 4)


def shown_games(rows: list[GameRow], lines: int) -> str:
    view = View(Wanted())
    view.games = {row.game_id: row for row in rows}
    return shown(view, lines + PANEL_LINES)


def test_frames_of_other_games_are_left_out(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    frames = Frames(Wanted(frozenset(["nfl"])))
    lines = [
        b'{"type":"welcome","channel":"live","conn_id":1,"message":"hello"}',
        b'{"type":"new_game","game_id":"1","pn_slug":"a","pn_league_code":"nfl","ts":1}',
        b'{"type":"new_game","game_id":"2","pn_slug":"b","pn_league_code":"mlb","ts":1}',
        b'{"type":"halftime_show"}',
    ]
    for line in lines:
        frames.show(line)
    assert capfdbinary.readouterr().out.splitlines() == [lines[0], lines[1], lines[3]]


def test_names_are_cut_and_numbers_are_not_where_there_is_no_room() -> None:
    view = View(Wanted())
    change = PriceChange("g1", None, "xfl", "player_runs_batted_in", "Book" * 9, "Owls" * 9, -1105.0, -1120.0, -12.5, 0)
    view.apply(change, 1.0)
    line = next(line for line in shown(view, width=80).splitlines() if "Owls" in line)
    assert line.count("…") == 3
    for part in ("00:00:00", "-12.5", "-1105", "▼ -1120"):
        assert part in line
