"""The service on a container's systemd, installed and looked after as an operator does it."""

import time
from collections.abc import Sequence
from pathlib import Path

from broker.messages import Channel
from broker.process_title import PREFIX
from service.container import CHECKOUT, Container
from service.processes import PROC, marked
from service.requesting import request
from service.running import free_port
from service.waiting import until

UNIT = "books-relayer.service"
CONFIG = "/etc/books-relayer/config.toml"
DROP_IN = f"/run/systemd/system/{UNIT}.d/test.conf"


class Installed:
    """The service of one container, from its installation on; it has one key, made before its first start.

    Args:
        container: that has booted.
    """

    trust = None
    """It has no certificate."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.port = free_port()
        self.told = self.install()
        """What its installation said."""
        for setting in (f"port = {self.port}", "workers = 2", "drain_seconds = 1.0"):
            self.change(setting)
        self.key = self.new_key()

    def install(self, *options: str) -> str:
        """Run the script that installs, upgrades and removes."""
        return self.container.run(f"{CHECKOUT}/scripts/install", *options)

    def change(self, setting: str) -> None:
        """Change a line of the configuration, also one that is a comment."""
        name = setting.split(maxsplit=1)[0]
        self.container.run("sed", "--in-place", "--regexp-extended", f"s/^(# )?{name} = .*/{setting}/", CONFIG)

    def new_key(self) -> str:
        """Make a subscriber's key, as root; what is printed for people stands before it."""
        return self.container.run("books-relayer", "keys", "create", "--name", "test").split()[-1]

    def publish(self, lines: Sequence[bytes]) -> None:
        """Have observations acknowledged, as root."""
        self.container.run("books-relayer", "publish", stdin=b"\n".join(lines))

    def systemctl(self, verb: str, code: int = 0) -> float:
        """Do something with the unit; gives the seconds until systemctl returned."""
        started = time.monotonic()
        self.container.run("systemctl", verb, UNIT, code=code)
        return time.monotonic() - started

    def show(self, name: str) -> str:
        """A property of the unit (systemctl(1))."""
        return self.container.run("systemctl", "show", "--value", f"--property={name}", UNIT).strip()

    def journal(self) -> str:
        """The end of what systemd and the service have logged."""
        return self.container.run("journalctl", f"--unit={UNIT}", "--lines=40", "--no-pager")

    def add(self, section: str) -> None:
        """Add to the unit until the next start of the host, or `drop`."""
        self.container.run("install", "-D", "/dev/stdin", DROP_IN, stdin=section.encode())
        self.container.run("systemctl", "daemon-reload")

    def drop(self) -> None:
        """Take back what was added."""
        self.container.run("rm", DROP_IN)
        self.container.run("systemctl", "daemon-reload")

    @property
    def marker(self) -> str:
        """What all processes of this start of the unit have in their environment, and no others."""
        return f"INVOCATION_ID={self.show('InvocationID')}"

    def pids(self, role: str) -> set[int]:
        """The process ids, as this host sees them, of those that go by `supervisor`, `broker` or `worker-1` and so on.

        Args:
            role: the beginning of their names.
        """
        return {pid for pid in marked(self.marker) if _title(pid).startswith(PREFIX + role)}

    def pid(self, role: str) -> int:
        """Likewise, of the only one."""
        (pid,) = self.pids(role)
        return pid

    @property
    def is_open(self) -> bool:
        """Whether a subscriber is let in."""
        try:
            return request(self.port, f"/ws/live?key={self.key}").status == 101
        except OSError:
            return False

    def until_replaced(self, marker: str) -> None:
        """Wait until all processes of an earlier start have ended and subscribers are welcome again."""
        until(lambda: not marked(marker), "every process of before has ended")
        until(lambda: self.is_open, "subscribers are welcome again")

    def url(self, channel: Channel, key: str | None = None, **parameters: str) -> str:
        """A subscriber's address."""
        query = "&".join(f"{name}={value}" for name, value in {"key": key or self.key, **parameters}.items())
        return f"ws://127.0.0.1:{self.port}/ws/{channel}?{query}"


def _title(pid: int) -> str:
    try:
        return Path(PROC, str(pid), "cmdline").read_bytes().rstrip(b"\0").decode()
    except OSError:
        # Gone in the meantime.
        return ""
