"""Clients that mean no good: what each does, and the answer that it gets, as a table."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import NamedTuple

from service.raw import BINARY, CLOSE, CONTINUATION, DEFLATE, FIN, PING, RSV1, TEXT, RawSubscriber, deflated
from service.requesting import HANDSHAKE
from service.running import Service

PATIENCE_SECONDS = 30.0
MESSAGE_LIMIT_BYTES = 4096
FLOOD_SECONDS = 13
SLOW_SECONDS = 0.2
IDLE_CONNECTIONS = 300
GUESSES = 180
"""Three times as many as an address may in a minute: however slow they are, some are too many."""
CLOSES = 100
OFFER = "Sec-WebSocket-Extensions"


_guessers = count(1)
"""Each guesses from an address of its own: what one did is not held against the next."""


class Attack(NamedTuple):
    """One kind of hostile client.

    Args:
        name: of the test.
        play: does it, and returns what it was answered: a status, or `close` and a code.
        answers: those it may be.
    """

    name: str
    play: Callable[[Service], str]
    answers: set[str]


@contextmanager
def connected(service: Service, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A TCP connection, from an address of loopback."""
    there, here = ("127.0.0.1", service.port), (address, 0)
    with closing(socket.create_connection(there, timeout=PATIENCE_SECONDS, source_address=here)) as client:
        yield client


def request(service: Service, target: str | None = None, more: str = "", method: str = "GET") -> bytes:
    """A handshake as it should be, or nearly."""
    lines = [f"{method} {target or f'/ws/live?key={service.key}'} HTTP/1.1", "Host: relay"]
    lines += [f"{name}: {value}" for name, value in HANDSHAKE.items()]
    return ("\r\n".join(lines) + "\r\n" + more + "\r\n").encode()


def status(client: socket.socket) -> str:
    """The status of the answer, empty if the connection just ends."""
    answer = b""
    with suppress(ConnectionError):
        while len(answer) < len("HTTP/1.1 200") and (part := client.recv(12 - len(answer))):
            answer += part
    return answer[9:].decode()


def asked(data: Callable[[Service], bytes]) -> Callable[[Service], str]:
    """An attack that sends something in place of a request."""

    def play(service: Service) -> str:
        with connected(service) as client:
            with suppress(ConnectionError):
                client.sendall(data(service))
            return status(client)

    return play


def framed(*frames: tuple[int, bytes], offer: str | None = None) -> Callable[[Service], str]:
    """An attack by frames of a subscriber that was let in."""

    def play(service: Service) -> str:
        with RawSubscriber.join(service, "live", offer) as subscriber:
            with suppress(ConnectionError):
                for first, payload in frames:
                    subscriber.send(first, payload)
            return end(subscriber)

    return play


def end(subscriber: RawSubscriber) -> str:
    """The close frame."""
    while (frame := subscriber.next_frame()).first != FIN | CLOSE:
        pass
    return f"close {frame.close_code}"


def slow_header(service: Service) -> str:
    """Byte by byte, so that it never ends."""
    with connected(service) as client:
        client.settimeout(SLOW_SECONDS)
        for byte in request(service):
            client.sendall(bytes([byte]))
            with suppress(TimeoutError):
                return status(client)
        return "in"


def idle_connections(service: Service) -> str:
    """Many that never say a word."""
    clients = [
        socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_SECONDS) for _ in range(IDLE_CONNECTIONS)
    ]
    answers = set()
    for client in clients:
        with closing(client):
            answers.add(status(client))
    return ",".join(sorted(answers))


def unmasked(service: Service) -> str:
    """A frame as only a server sends it."""
    with RawSubscriber.join(service, "live") as subscriber:
        subscriber._client.sendall(bytes([FIN | TEXT, 2]) + b"{}")
        return end(subscriber)


def flood(first: int, payload: bytes, pause: float) -> Callable[[Service], str]:
    """The same frame again and again."""

    def play(service: Service) -> str:
        with RawSubscriber.join(service, "live") as subscriber:
            until = time.monotonic() + FLOOD_SECONDS
            with suppress(ConnectionError):
                while time.monotonic() < until:
                    subscriber.send(first, payload)
                    time.sleep(pause)
            return end(subscriber)

    return play


def closes(service: Service) -> str:
    """In and out again, as fast as it goes."""
    codes = set()
    for _ in range(CLOSES):
        with RawSubscriber.join(service, "live") as subscriber:
            subscriber.send(FIN | CLOSE, (1000).to_bytes(2))
            codes.add(end(subscriber))
    return ",".join(codes)


def guesses(service: Service) -> str:
    """One wrong key after the other."""
    answers = []
    address = f"127.0.1.{next(_guessers)}"
    for number in range(GUESSES):
        with connected(service, address) as client:
            client.sendall(request(service, f"/ws/live?key=pn_live_{number:032}"))
            answers.append(status(client))
    return ",".join(dict.fromkeys(answers))


TEN_SECONDS = (
    Attack("slow header bytes", slow_header, {"408"}),
    Attack("half a request", asked(lambda service: request(service)[:-2]), {"408"}),
    Attack("300 idle connections", idle_connections, {"408"}),
    Attack("ping flood", flood(FIN | PING, b"x" * 125, 0.004), {"close 1008"}),
    Attack("JSON ping flood", flood(FIN | TEXT, b'{"action":"ping"}', 0.02), {"close 1008"}),
    Attack("endless fragments", flood(CONTINUATION, b"", 0.004), {"close 1002"}),
)
"""Those whose limits are a matter of seconds."""

AT_ONCE = (
    Attack("header flood", asked(lambda s: request(s, more="X-Filler: x\r\n" * 200)), {"400"}),
    Attack("oversized header", asked(lambda s: request(s, more=f"X-Filler: {'x' * 60_000}\r\n")), {"400", "431"}),
    Attack("oversized request line", asked(lambda s: request(s, "/ws/live?" + "x" * 30_000)), {"400", "431"}),
    Attack("no HTTP", asked(lambda _: os.urandom(200) + b"\r\n\r\n"), {"400"}),
    Attack(
        "TLS to a plain port",
        asked(lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
        {"400", "408"},
    ),
    Attack("path tricks", asked(lambda s: request(s, f"/ws/../ws/live?key={s.key}")), {"404"}),
    Attack("encoded path", asked(lambda s: request(s, f"/ws/%6cive?key={s.key}")), {"404"}),
    Attack("absolute target", asked(lambda s: request(s, f"http://relay/ws/live?key={s.key}")), {"404"}),
    Attack("a null byte in the path", asked(lambda s: request(s, f"/ws/live\0?key={s.key}")), {"404", "400"}),
    Attack("content length", asked(lambda s: request(s, more="Content-Length: 5\r\n") + b"hello"), {"400"}),
    Attack(
        "transfer encoding", asked(lambda s: request(s, more="Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n"), {"400"}
    ),
    Attack(
        "both lengths",
        asked(lambda s: request(s, more="Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n"),
        {"400"},
    ),
    Attack("folded header", asked(lambda s: request(s, more="X-One: a\r\n b\r\n")), {"400"}),
    Attack(
        "a bad offer", asked(lambda s: request(s, more=f"{OFFER}: {DEFLATE}; server_max_window_bits=99\r\n")), {"101"}
    ),
    Attack("an unknown offer", asked(lambda s: request(s, more=f"{OFFER}: x-bomb; level=9\r\n")), {"101"}),
    Attack("many offers", asked(lambda s: request(s, more=f"{OFFER}: {', '.join([DEFLATE] * 200)}\r\n")), {"101"}),
    Attack("an offer that is none", asked(lambda s: request(s, more=f"{OFFER}: {DEFLATE};;=\r\n")), {"400"}),
    Attack("a space before the colon", asked(lambda s: request(s, more="X-One : a\r\n")), {"400"}),
    Attack("another method", asked(lambda s: request(s, method="POST")), {"405"}),
    Attack("two requests in one", asked(lambda s: request(s, "/nowhere") + request(s)), {"404"}),
    Attack("a frame ahead of the answer", asked(lambda s: request(s) + bytes([FIN | TEXT, 0x80, 0, 0, 0, 0])), {"101"}),
    Attack("key guessing", guesses, {"401,429"}),
    Attack("more than 4 KiB", framed((FIN | TEXT, b"x" * (MESSAGE_LIMIT_BYTES + 1))), {"close 1009"}),
    Attack(
        "more than 4 KiB in fragments",
        framed((TEXT, b"x" * MESSAGE_LIMIT_BYTES), (FIN | CONTINUATION, b"x")),
        {"close 1009"},
    ),
    Attack("binary", framed((FIN | BINARY, b"x")), {"close 1003"}),
    Attack("bad UTF-8", framed((FIN | TEXT, b"\xff\xfe")), {"close 1007"}),
    Attack("reserved bits", framed((FIN | TEXT | 0x30, b"x")), {"close 1002"}),
    Attack("a reserved opcode", framed((FIN | 0x3, b"x")), {"close 1002"}),
    Attack("a control frame in fragments", framed((PING, b"x")), {"close 1002"}),
    Attack("a control frame of 126 bytes", framed((FIN | PING, b"x" * 126)), {"close 1002"}),
    Attack("a continuation of nothing", framed((FIN | CONTINUATION, b"x")), {"close 1002"}),
    Attack("a message within a message", framed((TEXT, b"x"), (FIN | TEXT, b"y")), {"close 1002"}),
    Attack("a bad close code", framed((FIN | CLOSE, (1005).to_bytes(2))), {"close 1002"}),
    Attack("compressed without agreement", framed((FIN | RSV1 | TEXT, deflated(b"x"))), {"close 1002"}),
    Attack("no mask", unmasked, {"close 1002"}),
    Attack(
        "a compression bomb", framed((FIN | RSV1 | TEXT, deflated(bytes(1_000_000))), offer=DEFLATE), {"close 1009"}
    ),
    Attack(
        "what doesn't inflate", framed((FIN | RSV1 | TEXT, b"\xff" * 100), offer=DEFLATE), {"close 1002", "close 1007"}
    ),
    Attack("a burst of pings", flood(FIN | PING, b"", 0.0), {"close 1008"}),
    Attack("close storm", closes, {"close 1000"}),
)
"""All others."""
