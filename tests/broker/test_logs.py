"""One line an event on standard error, whatever becomes of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

LOGS_THREE_LINES = """
import sys
from broker import logs
log = logs.configure(sys.argv[1], "broker")
log.debug("not said")
log.info("one", number=1)
log.warning("two lines\\nin one", text="a b")
try:
    raise ValueError("no room")
except ValueError:
    log.exception("three")
print("alive")
"""


def run(log_format: str, stderr: int) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", LOGS_THREE_LINES, log_format]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, timeout=20, check=False)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_each_event_is_one_line(log_format: str) -> None:
    lines = run(log_format, subprocess.PIPE).stderr.splitlines()
    assert len(lines) == 3
    assert all(b"broker" in line for line in lines)
    assert b"no room" in lines[2]


def test_a_line_of_json_is_an_object() -> None:
    first = json.decode(run("json", subprocess.PIPE).stderr.splitlines()[0])
    assert first.pop("timestamp")
    assert first == {"process": "broker", "event": "one", "number": 1, "level": "info"}


def test_a_log_that_takes_nothing_ends_nobody() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run("text", full.fileno())
    assert (ended.returncode, ended.stdout) == (0, b"alive\n")
