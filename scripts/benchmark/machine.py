"""The machine that the figures belong to, and how its cores are shared."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
CLIENT_CORE = CORES[-1]
"""For the subscribers, and for whatever feeds our workers: producer, broker and supervisor."""
PACKAGES = ("uvloop", "pyzmq", "msgspec", "websockets", "picows", "aiohttp", "socketify")


class Machine(Struct, frozen=True):
    """What was measured on, and with what."""

    cpu: str
    cores: int
    memory_gb: float
    kernel: str
    versions: dict[str, str]


def this_machine() -> Machine:
    """Describe where this runs."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "absent"
    node = shutil.which("node")
    versions["node"] = _output(node) if node else "absent"
    return Machine(
        cpu=_field("/proc/cpuinfo", "model name"),
        cores=len(CORES),
        memory_gb=round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2, 1),
        kernel=platform.release(),
        versions=versions,
    )


def _output(program: str) -> str:
    return subprocess.check_output([program, "--version"], text=True).strip()  # noqa: S603 found on the PATH


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
