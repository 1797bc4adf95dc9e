"""What an ended service left behind is found."""

import socket
from pathlib import Path

import pytest

from soak.aftermath import check_log, check_port
from soak.violation import ViolationError


def test_a_log_of_its_own_lines_is_good(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"event": "ready"}\n{"event": "ended", "level": "error"}\n')
    check_log(log)


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", '{"event": "x", "exception": "Traceback …"}'])
def test_a_surprise_in_the_log_is_found(tmp_path: Path, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(f'{{"event": "ready"}}\n{line}\n')
    with pytest.raises(ViolationError, match="the log says"):
        check_log(log)


def test_a_listener_left_behind_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ViolationError, match="somebody still listens"):
            check_port(port)
    check_port(port)
