"""What other users of the host can see and touch of a running service: directories, files, sockets, processes."""

import contextlib
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.private import OTHERS
from service.observed import encode, game, last_word
from service.processes import PROC
from service.running import Service, start_in_vain
from service.test_commands import run

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
KEPT = {"relay.sqlite3", "relay.sqlite3-wal", "relay.lock", "keys.sqlite3", "serve.lock"}
SOCKETS = {"ingest.sock", "events.sock", "control.sock"}
TOUCH = """
import os, socket, sys
from pathlib import Path
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
for path in map(Path, sys.argv[1:]):
    try:
        if path.is_socket():
            socket.socket(socket.AF_UNIX).connect(str(path))
        else:
            path.open("rb")
        print("can touch", path)
    except PermissionError:
        pass
"""


@pytest.fixture
def careless() -> Iterator[None]:
    """A parent whose files are for everybody, as long as nobody takes care."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def service(careless: None) -> Iterator[Service]:
    with TemporaryDirectory(prefix="relay-") as root, Service(Path(root), workers=2) as service:
        yield service


class Watchman:
    """Looks again and again at what others may do with files, also with those that are there for a moment only."""

    def __init__(self, *directories: Path) -> None:
        self.seen: set[str] = set()
        self.open: set[str] = set()
        self._directories = directories
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._walk)

    def __enter__(self) -> "Watchman":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()

    def _walk(self) -> None:
        while not self._ended.wait(0.005):
            for directory in self._directories:
                for path in (directory, *directory.rglob("*")):
                    with contextlib.suppress(FileNotFoundError):
                        self._look(path)

    def _look(self, path: Path) -> None:
        mode = path.lstat().st_mode
        self.seen.add(path.name)
        if stat.S_IMODE(mode) & OTHERS:
            self.open.add(f"{path} {mode:o}")


def live(service: Service) -> None:
    """All that makes files: keys, observations, a new broker, a stop and another start."""
    key = run(service, "keys", "create", name="another", data_dir=service.data_dir)[0].strip()
    service.send([encode(game(f"game-{number}")) for number in range(100)])
    run(service, "keys", "rotate", service.key_id(key), data_dir=service.data_dir)
    service.kill("broker")
    service.send(last_word("sent-to-the-next-broker"))
    service.stop()
    service.start()
    service.send(last_word("sent-after-a-restart"))


def test_all_files_are_for_their_owner_alone_over_a_services_life(service: Service) -> None:
    with Watchman(service.data_dir, service.runtime_dir) as watchman:
        live(service)
    assert watchman.seen >= KEPT | SOCKETS
    assert not watchman.open


@ONLY_ROOT
def test_another_user_can_neither_read_the_files_nor_connect_to_the_sockets(service: Service) -> None:
    service.send(last_word("there-is-something-to-read"))
    directories = (service.data_dir, service.runtime_dir)
    paths = [path for directory in directories for path in directory.iterdir()]
    assert {path.name for path in paths} >= KEPT | SOCKETS
    # As if the directories weren't closed already.
    for directory in (service.data_dir.parent, *directories):
        directory.chmod(0o777)
    touched = subprocess.run([sys.executable, "-c", TOUCH, *paths], capture_output=True, text=True, check=True)
    for directory in directories:
        directory.chmod(0o700)
    assert touched.stdout == ""


def test_directories_above_ours_are_private_as_well(careless: None) -> None:
    with TemporaryDirectory(prefix="relay-") as root:
        command = Service.command("keys", "list", data_dir=f"{root}/above/further/data")
        subprocess.run(command, check=True, capture_output=True)
        made = [Path(root, name) for name in ("above", "above/further", "above/further/data")]
        assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o700] * 3


@pytest.mark.parametrize("which", ["data_dir", "runtime_dir"])
def test_a_directory_that_is_open_to_others_is_refused_in_a_sentence(which: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    told = start_in_vain(**{which: tmp_path})
    assert told.startswith(f"books-relayer: {tmp_path} is open to other users (mode 755): `chmod 700 ")
    assert not list(tmp_path.iterdir())


def test_each_process_goes_by_its_name(service: Service) -> None:
    titles = {(PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").decode() for pid in service.processes()}
    assert titles == {f"books-relayer: {name}" for name in ("supervisor", "broker", "worker-1", "worker-2", "http")}
