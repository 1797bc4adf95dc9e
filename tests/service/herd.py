"""A herd of subscribers in a process of its own (herd_program.py), as the tests see it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import json

from broker.messages import Channel
from service import herd_program
from service.herd_program import Order, Plan, Report
from service.running import Service

PROGRAM = Path(herd_program.__file__)


class Herd:
    """One such process, and who of it is in.

    Args:
        process: it.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.inside: dict[int, int] = {}
        """The conn_ids of those who are in, by number."""

    def order(self, leave: Sequence[int] = (), come: Sequence[int] = (), seconds: float = 20.0) -> None:
        """Have some leave and some come, and don't wait for it."""
        assert self._process.stdin
        self._process.stdin.write(json.encode(Order(list(leave), list(come), seconds)) + b"\n")
        self._process.stdin.flush()

    def report(self) -> Report:
        """Wait for the report on the oldest order that has none yet."""
        assert self._process.stdout
        report = json.decode(self._process.stdout.readline(), type=Report)
        for number in (*report.left, *report.cut):
            self.inside.pop(number, None)
        self.inside.update({number: conn_id for number, (conn_id, _) in report.admitted.items()})
        return report

    def do(self, leave: Sequence[int] = (), come: Sequence[int] = (), seconds: float = 20.0) -> Report:
        """Have some leave and some come, and wait for it."""
        self.order(leave, come, seconds)
        return self.report()

    def stop_reading(self) -> None:
        """Nothing in it runs any more."""
        self._process.send_signal(signal.SIGSTOP)

    def read_on(self) -> None:
        """It goes on where it was."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def herd(
    service: Service,
    channel: Channel = "live",
    *,
    host: str = "127.0.0.1",
    network: str = "127.1",
    receive_buffer: int = 0,
    reads: bool = False,
    key: str | None = None,
    launcher: Sequence[str] = (),
) -> Iterator[Herd]:
    """A herd, with nobody in yet.

    Args:
        service: that is ready.
        channel: what to subscribe to.
        host: where the service is reached.
        network: the first two bytes of the clients' addresses, empty for the kernel's choice.
        receive_buffer: bytes that the kernel takes for each, 0 for its default.
        reads: whether they read on after their welcome, or leave all in their socket.
        key: another one than the service's own.
        launcher: a command that runs the program, such as in another network namespace.
    """
    target = service.url(channel, key).partition(f":{service.port}")[2]
    plan = json.encode(Plan(host, service.port, target, network, receive_buffer, reads)).decode()
    command = [*launcher, sys.executable, str(PROGRAM), plan]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ))
    try:
        yield Herd(process)
    finally:
        process.kill()
        process.communicate()
