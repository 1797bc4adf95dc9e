"""What systemd is told, at a socket of our own in its place."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import structlog
from structlog.testing import CapturingLogger
from structlog.typing import FilteringBoundLogger

from broker.systemd import BEATS_PER_WATCHDOG, Notifier

LOG = cast(FilteringBoundLogger, structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(50)))


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def heard(listener: socket.socket) -> list[str]:
    return listener.recv(4096).decode().splitlines()


def test_each_state_is_told(listener: socket.socket) -> None:
    systemd = Notifier({"NOTIFY_SOCKET": listener.getsockname()}, LOG)
    systemd.ready()
    assert heard(listener) == ["READY=1"]
    systemd.reloading()
    state, moment = heard(listener)
    assert state == "RELOADING=1"
    assert int(moment.removeprefix("MONOTONIC_USEC=")) > 0
    systemd.status("all is well")
    assert heard(listener) == ["STATUS=all is well"]
    systemd.beat()
    assert heard(listener) == ["WATCHDOG=1"]
    systemd.stopping(12.5)
    assert heard(listener) == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=12500000"]


def test_an_abstract_socket_is_found() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"books-relayer-test-{os.getpid()}"
        listener.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}, LOG).ready()
        assert heard(listener) == ["READY=1"]


def test_without_systemd_nothing_is_said_and_nothing_is_wrong() -> None:
    systemd = Notifier({}, cast(FilteringBoundLogger, None))
    systemd.ready()
    assert systemd.beat_seconds is None


def test_a_systemd_that_is_gone_is_logged_and_ends_nothing(tmp_path: Path) -> None:
    log = CapturingLogger()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}, cast(FilteringBoundLogger, log)).ready()
    assert log.calls[0].args == ("systemd could not be told",)


@pytest.mark.parametrize(
    ("pid", "expected"),
    [(None, 30.0 / BEATS_PER_WATCHDOG), (os.getpid(), 30.0 / BEATS_PER_WATCHDOG), (1, None)],
    ids=["whoever", "us", "another"],
)
def test_the_watchdog_is_ours_only_if_it_names_us(pid: int | None, expected: float | None) -> None:
    environment = {"WATCHDOG_USEC": "30000000"} | ({} if pid is None else {"WATCHDOG_PID": str(pid)})
    assert Notifier(environment, LOG).beat_seconds == expected
