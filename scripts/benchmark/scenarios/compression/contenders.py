"""Who compresses, and how: each server with the compression that it has, the clients offering the window it is for."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from benchmark import realistic
from benchmark.load import NO_COMPRESSION
from benchmark.peers.peer import NODE, SOCKETIFY, WEBSOCKETS, Peer, Program
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.trial import Server

FULL_WINDOW, SMALL_WINDOW = (15,), (12,)


class Contender(Struct, frozen=True):
    """One server.

    Args:
        start: with compression, if clients want it.
        windows: that clients offer, in bits.
    """

    name: str
    start: Callable[[], AbstractContextManager[Server]]
    windows: Sequence[int]


def _service() -> Service:
    return Service(material=realistic.material())


def _peer(program: Program) -> Callable[[], Peer]:
    return lambda: Peer(program, realistic.material(), compression=True)


PLAIN = Contender(f"{ours.NAME}, plain", _service, NO_COMPRESSION)
FULL = Contender(f"{ours.NAME}, 15 bits", _service, FULL_WINDOW)
SMALL = Contender(f"{ours.NAME}, 12 bits", _service, SMALL_WINDOW)
PEERS = (
    Contender("websockets, each connection, 12 bits", _peer(WEBSOCKETS), SMALL_WINDOW),
    Contender("node ws, each connection, 15 bits", _peer(NODE), FULL_WINDOW),
    Contender("socketify, without context", _peer(SOCKETIFY), FULL_WINDOW),
)
