"""`status` against a real HTTP server in a thread, and what it shows."""

import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner
from msgspec import json
from msgspec.structs import replace
from rich.console import Console

from broker.cli import program
from broker.cli.status_screen import amount, duration, render
from broker.http.standing import Seats, Subscribers
from broker.http.status import (
    BookStatus,
    Journal,
    Latency,
    Rates,
    ServiceRates,
    Status,
    WorkerStatus,
)

WORKER = WorkerStatus(
    name="worker-1",
    pid=77,
    live=1_200,
    odds=34,
    stalled=5,
    waiting=6_000,
    delivered=900,
    dropped=7,
    overrun=0,
    plain_bytes=10,
    sent_bytes=1,
    rates=Rates(deliveries=250_000.0, drops=3.0, plain_bytes=20e6, sent_bytes=2e6),
    latency=Latency(1.25, 80.4),
    sweep_ms=12.0,
)
STATUS = Status(
    fresh=True,
    age_seconds=0.5,
    uptime_seconds=93_784.0,
    cap=20_000,
    seats=Seats(1_300, 1_234, 66, 18_700),
    subscribers=Subscribers(1_234, 1_200, 34),
    seq=123_456,
    games=40,
    live_games=11,
    prices=9_876,
    rates=ServiceRates(deliveries=250_000.0, drops=3.0, plain_bytes=20e6, sent_bytes=2e6, events=480.0),
    latency=Latency(1.25, 80.4),
    sweep_ms=12.0,
    journal=Journal(4_150_000, 2.57),
    events={"price_change": 9, "new_game": 30, "game_final": 0},
    refused={"key": 3},
    closed={},
    dropped={"drop": 0, "notify": 7},
    waiting={"drop": 0},
    workers=(replace(WORKER, name="worker-10", live=0), WORKER),
    books=(BookStatus("FanDuel", 2.0), BookStatus("[red]Old", 90.0)),
)


def shown(status: Status, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(render(status, "here"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, name: str) -> list[str]:
    """The words of the line that begins with a name."""
    line = next(line for line in text.splitlines() if line.strip("│ ").startswith(f"{name} "))
    return line.strip("│ ").removeprefix(name).split()


def test_the_screen_shows_all_that_matters() -> None:
    text = shown(STATUS)
    assert row(text, "broker") == ["●", "reports", "HTTP", "up", "1", "d", "2", "h"]
    assert row(text, "subscribers")[:7] == ["1,234", "of", "20,000", "1,200", "live,", "34", "odds"]
    assert row(text, "a second") == ["480", "events", "250", "K", "deliveries", "3", "drops"]
    assert row(text, "on the wire") == ["16", "Mbit/s,", "10.0", "times", "fewer", "than", "plain"]
    assert row(text, "broker to socket") == ["p50", "1.25", "ms", "p99", "80.4", "ms", "sweep", "12", "ms"]
    assert row(text, "state") == ["event", "123,456", "40", "games,", "11", "live", "9,876", "prices"]
    assert row(text, "journal") == ["log", "of", "4.15", "MB", "p99", "of", "a", "commit", "2.57", "ms"]
    assert row(text, "worker-1") == ["1,200", "34", "6,000", "5", "7", "250", "K", "16", "M", "1.25", "80.4", "12"]
    assert text.index("worker-1 ") < text.index("worker-10 ")
    assert row(text, "events") == ["new_game", "30", "price_change", "9"]
    assert row(text, "refused") == ["key", "3"]
    assert row(text, "closed") == ["-"]
    assert row(text, "dropped, by on_lag") == ["notify", "7"]
    assert text.index("[red]Old 1 min 30 s") < text.index("FanDuel 2 s")


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_fits(width: int) -> None:
    lines = shown(STATUS, width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= 24


@pytest.mark.parametrize(("age", "expected"), [(None, "● has not reported yet"), (75.0, "● silent for 1 min 15 s")])
def test_a_silent_broker_is_told(age: float | None, expected: str) -> None:
    text = shown(replace(STATUS, fresh=False, age_seconds=age, latency=None, sweep_ms=None, workers=(), books=()))
    assert expected in text
    assert row(text, "broker to socket") == ["-", "sweep", "-"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 s"),
        (59.9, "59 s"),
        (60.0, "1 min 0 s"),
        (3_599.0, "59 min 59 s"),
        (7_260.0, "2 h 1 min"),
        (9e5, "10 d 10 h"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0 B"),
        (999.4, "999 B"),
        (999.5, "1 KB"),
        (1_234.0, "1.23 KB"),
        (999_499.0, "999 KB"),
        (5e12, "5 TB"),
        (5e14, "500 TB"),
    ],
)
def test_amounts(value: float, expected: str) -> None:
    assert amount(value, "B") == expected


Answering = Callable[[int, bytes], list[str]]


@pytest.fixture
def answering() -> Iterator[Answering]:
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(code: int, body: bytes) -> list[str]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(code if self.path == "/status" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return ["status", "--http-port", str(server.server_port)]

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_shown_once_where_there_is_no_terminal(answering: Answering) -> None:
    result = CliRunner().invoke(program, answering(200, json.encode(STATUS)))
    assert result.exit_code == 0
    assert row(result.output, "a second") == ["480", "events", "250", "K", "deliveries", "3", "drops"]


def test_the_figures_are_printed_as_they_were_answered(answering: Answering) -> None:
    result = CliRunner().invoke(program, [*answering(200, json.encode(STATUS)), "--json"])
    assert (result.exit_code, json.decode(result.output, type=Status)) == (0, STATUS)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_what_is_old_is_shown_and_fails(answering: Answering, flags: list[str]) -> None:
    answer = json.encode(replace(STATUS, fresh=False, age_seconds=9.0))
    result = CliRunner().invoke(program, [*answering(200, answer), *flags])
    assert result.exit_code == 1
    assert result.output


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (404, b"{}", "answered /status with HTTP 404: is that books-relayer?"),
        (200, b"hello", "another version of books-relayer, or none: JSON is malformed"),
        (200, b"{}", "another version of books-relayer, or none: Object missing required field"),
    ],
)
def test_whoever_else_answers_is_told_in_a_sentence(
    answering: Answering, code: int, body: bytes, expected: str
) -> None:
    result = CliRunner().invoke(program, answering(code, body))
    assert (result.exit_code, result.stdout) == (1, "")
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_nobody_answers() -> None:
    result = CliRunner().invoke(program, ["status", "--http-port", "1"])
    assert result.exit_code == 1
    assert result.stderr.startswith("books-relayer: no answer from 127.0.0.1:1: [Errno 111] Connection refused; is the")
