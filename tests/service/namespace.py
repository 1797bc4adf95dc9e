"""A network namespace that is joined to ours by a cable, which can be pulled (ip-netns(8), veth(4))."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple


class Namespace(NamedTuple):
    """It, and both ends of the cable.

    Args:
        name: of the namespace.
        inner: the cable's end in it.
        host: our address, as it is reached from there.
    """

    name: str
    inner: str
    host: str

    @property
    def launcher(self) -> list[str]:
        """A command that runs another one in it."""
        return ["ip", "netns", "exec", self.name]

    def pull(self) -> None:
        """Pull the cable: nothing arrives any more, and nobody is told so."""
        _ip("-netns", self.name, "link", "set", self.inner, "down")


def why_impossible() -> str | None:
    """What is missing here, if something is."""
    if not shutil.which("ip"):
        return "needs ip, of Debian's iproute2"
    return None if os.geteuid() == 0 else "needs root, to make network namespaces"


@contextmanager
def namespace() -> Iterator[Namespace]:
    """One that is gone at the end."""
    tag = secrets.token_hex(3)
    number = secrets.randbelow(256)
    name, outer, inner = f"relay-{tag}", f"relay-{tag}-o", f"relay-{tag}-i"
    ours, theirs = f"10.213.{number}.1", f"10.213.{number}.2"
    _ip("netns", "add", name)
    with ExitStack() as stack:
        stack.callback(_ip, "netns", "delete", name)
        _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        stack.callback(_ip, "link", "delete", outer)
        _ip("address", "add", f"{ours}/30", "dev", outer)
        _ip("link", "set", outer, "up")
        _ip("-netns", name, "address", "add", f"{theirs}/30", "dev", inner)
        _ip("-netns", name, "link", "set", inner, "up")
        yield Namespace(name, inner, ours)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
