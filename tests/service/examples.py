"""The examples for subscribers, in each language that is there: made ready, and run as a customer runs them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from service import node_program
from service.waiting import DEADLINE_SECONDS, until

EXAMPLES_DIR = Path(__file__).parents[2] / "scripts" / "examples"
GORILLA = "github.com/gorilla/websocket"
GO_SOURCES = Path("/usr/share/gocode/src")
"""Where Debian puts the sources of Go's libraries."""


class Language(NamedTuple):
    """One example.

    Args:
        files: what a customer copies.
        silence: as the program says how long nothing may come before it gives a connection up.
        short_silence: the same with one second.
        why_absent: why it can't be run here, if it can't.
        prepare: makes it ready in a directory with its files; gives the command.
    """

    name: str
    files: tuple[str, ...]
    silence: str
    short_silence: str
    why_absent: Callable[[], str | None]
    prepare: Callable[[Path], list[str]]


class Example:
    """One that runs.

    Args:
        process: it.
        output: what it prints on standard output goes there, line by line.
        errors: likewise for standard error.
    """

    def __init__(self, process: subprocess.Popen[bytes], output: Path, errors: Path) -> None:
        self._process = process
        self._output = output
        self._errors = errors

    @property
    def shown(self) -> list[str]:
        """What it has shown of the games."""
        return self._output.read_text().splitlines()

    @property
    def told(self) -> list[str]:
        """What it has said about its connection."""
        return self._errors.read_text().splitlines()

    def until_shown(self, line: str) -> None:
        """Wait until it has shown that."""
        until(lambda: line in self.shown, f"{line!r} is shown among {self.shown} ({self.told})")

    def until_told(self, text: str) -> str:
        """Wait until it has said something with that in it; gives the whole line."""
        return until(lambda: next((line for line in self.told if text in line), ""), f"{text!r} is told")

    def stop_running(self) -> None:
        """Nothing in it runs any more."""
        self._process.send_signal(signal.SIGSTOP)

    def run_on(self) -> None:
        """It goes on where it was."""
        self._process.send_signal(signal.SIGCONT)

    def until_ended(self) -> int:
        """Wait for its end; gives the exit code."""
        return self._process.wait(DEADLINE_SECONDS)


@contextmanager
def run(command: list[str], directory: Path, url: str, key: str) -> Iterator[Example]:
    """Run an example.

    Args:
        command: of the language.
        directory: for what it prints.
        url: of the channel.
        key: the subscriber's.
    """
    output, errors = directory / "output", directory / "errors"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [*command, url], stdout=out, stderr=err, env={**os.environ, "BOOKS_RELAYER_KEY": key}
        )
    try:
        yield Example(process, output, errors)
    finally:
        process.kill()
        process.wait()


def made_ready(language: Language, directory: Path, *, impatient: bool = False) -> list[str]:
    """Make an example ready in an empty directory.

    Args:
        language: it.
        directory: where.
        impatient: whether one second of silence is enough for it to give a connection up.

    Returns:
        The command, to which the address is added.
    """
    program, *others = (EXAMPLES_DIR / name for name in language.files)
    text = program.read_text()
    assert text.count(language.silence) == 1
    (directory / program.name).write_text(text.replace(language.silence, language.short_silence) if impatient else text)
    for other in others:
        shutil.copy(other, directory)
    return language.prepare(directory)


def _prepare_python(directory: Path) -> list[str]:
    return [sys.executable, str(directory / "subscriber.py")]


def _prepare_node(directory: Path) -> list[str]:
    (directory / "node_modules").symlink_to(node_program.NODE_DIR / "node_modules")
    return ["node", str(directory / "subscriber.mjs")]


def _why_no_go() -> str | None:
    if shutil.which("go") is None:
        return "go is not there: scripts/test installs it for root on Debian"
    if not (GO_SOURCES / GORILLA).exists():
        return f"{GORILLA} is not in {GO_SOURCES}: install golang-github-gorilla-websocket-dev"
    return None


def _prepare_go(directory: Path) -> list[str]:
    """Build it with Debian's copy of its library, for the build is not to need a network."""
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off"}
    for arguments in (
        ["mod", "edit", f"-replace={GORILLA}={GO_SOURCES / GORILLA}"],
        ["vet", "."],
        ["build", "-o", "subscriber", "."],
    ):
        subprocess.run(["go", *arguments], cwd=directory, env=environment, check=True)
    return [str(directory / "subscriber")]


LANGUAGES = (
    Language(
        "python",
        ("subscriber.py",),
        "SILENCE_SECONDS = 75.0",
        "SILENCE_SECONDS = 1.0",
        lambda: None,
        _prepare_python,
    ),
    Language(
        "node",
        ("subscriber.mjs",),
        "SILENCE_MS = 75_000",
        "SILENCE_MS = 1_000",
        node_program.why_absent,
        _prepare_node,
    ),
    Language(
        "go",
        ("subscriber.go", "go.mod", "go.sum"),
        "silence = 75 * time.Second",
        "silence = 1 * time.Second",
        _why_no_go,
        _prepare_go,
    ),
)
