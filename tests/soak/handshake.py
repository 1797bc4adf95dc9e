"""A subscriber's handshake: the request, and what the head of the answer says (RFC 6455, 4; RFC 7692, 7.1). Pure."""

import re
from typing import NamedTuple, Self

from service.requesting import HANDSHAKE
from soak.violation import ViolationError
from soak.wish import Wish

HEAD_END = b"\r\n\r\n"
SWITCHING, FULL = 101, 503
FULL_WINDOW = 15
MAX_BITS = re.compile(rb"server_max_window_bits=(\d+)")


class Answer(NamedTuple):
    """The head of an answer.

    Args:
        status: 101 if the subscriber is let in.
        window_bits: of the compression that was agreed to, None for none.
    """

    status: int
    window_bits: int | None

    @classmethod
    def read(cls, head: bytes) -> Self:
        """Read a complete head.

        Raises:
            ViolationError: if it is no answer that a good handshake may get.
        """
        status = int(head.split(b" ", 2)[1])
        lines = head.lower().split(b"\r\n")
        if status not in (SWITCHING, FULL):
            raise ViolationError(f"a good handshake was answered with {head.decode()}")
        if status == FULL and not any(line.startswith(b"retry-after: ") for line in lines):
            raise ViolationError("a refusal says nothing of when to try again")
        extension = next((line for line in lines if line.startswith(b"sec-websocket-extensions: ")), None)
        if extension is None:
            return cls(status, None)
        bits = MAX_BITS.search(extension)
        return cls(status, int(bits[1]) if bits else FULL_WINDOW)


def request(wish: Wish, key: str) -> bytes:
    """The handshake of a subscriber with that key."""
    lines = [f"GET /ws/{wish.channel}?key={key}&on_lag={wish.on_lag} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in HANDSHAKE.items()]
    if wish.window_bits is not None:
        bits = "" if wish.window_bits == FULL_WINDOW else f"; server_max_window_bits={wish.window_bits}"
        lines.append(f"Sec-WebSocket-Extensions: permessage-deflate{bits}")
    return "\r\n".join([*lines, "", ""]).encode()
