"""A container with a real systemd (systemd-nspawn(1)): this host's files beneath its own, and this host's network."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from service.waiting import DEADLINE_SECONDS, until

BOOT = Path(__file__).with_name("boot.sh")
ROOT = Path(__file__).parents[2]
CHECKOUT = "/usr/src/books-relayer"
"""Where the container sees this checkout, read-only."""
GROUP_ROOTS = {"": ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"), "name=systemd": ("/sys/fs/cgroup/systemd",)}
"""Where the hierarchies of control groups that systemd manages may be mounted, by their names (cgroups(7))."""
COMMAND_SECONDS = 300.0
"""An installation fetches packages."""
NOTICE_BYTES = 4096


class Container:
    """One that has booted.

    Args:
        leader: the process id of its systemd, as this host sees it.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def run(self, *command: str, stdin: bytes = b"", code: int = 0) -> str:
        """Run a command as root in it, to its end.

        Returns:
            What it printed, also on standard error.
        """
        ended = subprocess.run(
            ["nsenter", f"--target={self._leader}", "--all", *command],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith("BOOKS_RELAYER_")},
            timeout=COMMAND_SECONDS,
            check=False,
        )
        output = ended.stdout.decode()
        assert ended.returncode == code, output
        return output


def why_absent() -> str | None:
    """Why there can be no container, if there can be none."""
    if os.geteuid() != 0:
        return "only root can boot a container"
    return None if shutil.which("systemd-nspawn") else "systemd-nspawn is not there: scripts/test installs it on Debian"


@contextmanager
def booted() -> Iterator[Container]:
    """A container that is gone at the end, with all that runs in it and all that was written there."""
    name = f"books-relayer-{secrets.token_hex(4)}"
    with TemporaryDirectory(prefix="container-") as root, _control_groups(name) as groups:
        scratch, console, notices = (Path(root) / each for each in ("scratch", "console", "notices"))
        scratch.mkdir()
        # A mount namespace of its own takes the mounts along, and if we are killed, it is told to power off.
        command = ["unshare", "--mount", "--propagation=private", "setpriv", "--pdeathsig=TERM"]
        command += [str(each) for each in (BOOT, name, scratch, ROOT, *groups)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, console.open("wb") as output:
            told.bind(str(notices))
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "NOTIFY_SOCKET": str(notices)},
            )
            try:
                leader = _leader(told)
                # It goes on telling; were nobody to read, systemd itself would wait for room in the queue.
                told.close()
                yield Container(leader)
            except TimeoutError as error:
                raise AssertionError(f"the container doesn't boot: {console.read_text()}") from error
            finally:
                _end(process)


def _leader(told: socket.socket) -> int:
    """Wait until it has booted; what systemd-nspawn tells names its first process (sd_notify(3)).

    Raises:
        TimeoutError: if it doesn't.
    """
    told.settimeout(DEADLINE_SECONDS)
    notices = ""
    while "\nREADY=1\n" not in notices:
        notices += told.recv(NOTICE_BYTES).decode() + "\n"
    leader = re.search(r"^X_NSPAWN_LEADER_PID=(\d+)$", notices, re.MULTILINE)
    assert leader, notices
    return int(leader[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Power it off; what doesn't end then, ends with its control groups."""
    process.terminate()
    try:
        process.wait(DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _control_groups(name: str) -> Iterator[list[Path]]:
    """A control group of that name below ours wherever systemd makes its own, so that two don't meet there."""
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, hierarchy, ours = line.split(":", 2)
        mounted = [root for root in GROUP_ROOTS.get(hierarchy, ()) if Path(root, "cgroup.procs").exists()]
        groups += [Path(root + ours, name) for root in mounted[:1]]
    for group in groups:
        group.mkdir()
    try:
        yield groups
    finally:
        for group in groups:
            until(lambda group=group: _is_removed(group), f"{group} is empty")  # type: ignore[misc]


def _is_removed(group: Path) -> bool:
    """End what still runs in a control group and remove it with all below; False while a process is ending."""
    try:
        for directory, _, _ in os.walk(group, topdown=False):
            for pid in Path(directory, "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
            Path(directory).rmdir()
    except OSError:
        return False
    return True
