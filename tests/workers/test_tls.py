"""TLS of one connection beside others that share the wire with it, against clients that are Python's own."""

import asyncio
import gc
import ssl
import weakref
from random import Random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp import ADDRESS, Tcp
from trustme import CA

from workers.tls import RECORD_BYTES, UNTAKEN_LIMIT_BYTES, Tls, Wire

HOST = "relay.example"
AUTHORITY = CA()
SERVER = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
AUTHORITY.issue_cert(HOST).configure_cert(SERVER)
CLIENT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
AUTHORITY.configure_trust(CLIENT)


class Inner(asyncio.Protocol):
    """Notes what it hears."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.heard = b""
        self.happened: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def eof_received(self) -> bool:
        self.happened.append("eof")
        return False

    def pause_writing(self) -> None:
        self.happened.append("paused")

    def resume_writing(self) -> None:
        self.happened.append("resumed")

    def connection_lost(self, _exc: Exception | None) -> None:
        self.happened.append("lost")


class Pair:
    """A server's connection, and its client.

    Args:
        wire: shared with others.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.tcp, self.inner = Tcp(), Inner()
        self.tls = Tls(SERVER, wire, self.inner)
        self.tls.connection_made(cast(asyncio.Transport, self.tcp))
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = CLIENT.wrap_bio(self._in, self._out, server_hostname=HOST)
        self.is_ready = False
        self.ended = False
        self.heard = b""

    def shake_hands(self) -> None:
        """Do the whole handshake."""
        while not self.is_ready:
            self.answer()
            self.reach(self.said())

    def answer(self) -> None:
        """Have the client take what came, and answer."""
        self._in.write(self.tcp.sent)
        self.tcp.sent = b""
        try:
            if not self.is_ready:
                self.client.do_handshake()
                self.is_ready = True
            while part := self.client.read():
                self.heard += part
            self.ended = True
        except ssl.SSLWantReadError:
            pass

    def said(self) -> bytes:
        """What the client has to send, encrypted."""
        return self._out.read()

    def say(self, text: bytes) -> bytes:
        """Encrypt what the client says."""
        self.client.write(text)
        return self.said()

    def reach(self, data: bytes) -> None:
        """Have encrypted bytes arrive."""
        if data:
            self.tls.data_received(data)
        assert not self.wire.incoming.pending
        assert not self.wire.outgoing.pending


@pytest.fixture
def pair() -> Pair:
    pair = Pair(Wire())
    pair.shake_hands()
    return pair


def test_each_side_hears_the_other(pair: Pair) -> None:
    pair.reach(pair.say(b"hello"))
    assert pair.inner.heard == b"hello"
    pair.inner.transport.write(b"welcome")
    pair.inner.transport.writelines([b", and ", b"more"])
    pair.answer()
    assert pair.heard == b"welcome, and more"


def test_what_is_longer_than_a_record_goes_to_the_socket_in_one_write(pair: Pair) -> None:
    writes: list[int] = []
    pair.tcp.on_write = lambda: writes.append(len(pair.tcp.sent))
    text = Random(1).randbytes(5 * RECORD_BYTES)
    pair.inner.transport.write(text)
    pair.answer()
    assert pair.heard == text
    assert len(writes) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(min_value=0), st.integers(20, 2_000))
def test_connections_that_share_the_wire_never_mix(seed: int, piece: int) -> None:
    """Handshakes and records arrive in pieces, those of one client between those of others."""
    random = Random(seed)
    wire = Wire()
    pairs = [Pair(wire) for _ in range(4)]
    texts = [random.randbytes(random.randrange(1, 400)) for _ in pairs]
    under_way = [b""] * len(pairs)
    spoken: set[int] = set()
    while len(spoken) < len(pairs) or any(under_way):
        turn = random.randrange(len(pairs))
        pair = pairs[turn]
        pair.reach(under_way[turn][:piece])
        under_way[turn] = under_way[turn][piece:]
        pair.answer()
        under_way[turn] += pair.said()
        if pair.is_ready and turn not in spoken:
            spoken.add(turn)
            under_way[turn] += pair.say(texts[turn])
    for pair, text in zip(pairs, texts, strict=True):
        assert pair.inner.heard == text
        pair.inner.transport.write(text)
        pair.answer()
        assert pair.heard == text


def test_a_full_socket_pauses_before_the_write_returns(pair: Pair) -> None:
    pair.tcp.is_full = True
    pair.tcp.on_write = pair.tls.pause_writing
    pair.inner.transport.write(b"too much")
    assert pair.inner.happened == ["paused"]
    assert pair.inner.transport.get_write_buffer_size() == len(pair.tcp.sent)
    pair.tls.resume_writing()
    assert pair.inner.happened == ["paused", "resumed"]


def test_the_one_inside_knows_the_connection_before_the_handshake() -> None:
    pair = Pair(Wire())
    assert pair.inner.transport.get_extra_info("peername")[0] == ADDRESS
    pair.inner.transport.write(b"nobody could read this")
    pair.inner.transport.close()
    assert pair.tcp.sent == b""
    assert pair.tcp.closed


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 300]
)
def test_what_is_no_tls_is_cut_off_and_harms_nobody_else(pair: Pair, junk: bytes) -> None:
    other = Pair(pair.wire)
    other.reach(junk)
    assert other.tcp.aborted
    assert other.inner.heard == b""
    pair.reach(pair.say(b"hello"))
    assert pair.inner.heard == b"hello"


def test_a_forged_record_ends_its_connection(pair: Pair) -> None:
    record = bytearray(pair.say(b"hello"))
    record[-1] ^= 1
    pair.reach(bytes(record))
    assert pair.tcp.aborted
    assert pair.inner.heard == b""
    # The alert that says so.
    with pytest.raises(ssl.SSLError):
        pair.answer()


def test_answers_of_tls_itself_that_nobody_takes_have_a_bound(pair: Pair) -> None:
    def provoke() -> None:
        # As OpenSSL does on each attempt to renegotiate.
        pair.wire.outgoing.write(b"x" * 1000)
        pair.reach(pair.say(b"hello"))

    for _ in range(200):
        provoke()
    assert not pair.tcp.aborted
    pair.tcp.is_full = True
    for _ in range(UNTAKEN_LIMIT_BYTES // 1000):
        provoke()
    assert not pair.tcp.aborted
    provoke()
    assert pair.tcp.aborted


def test_what_a_subscriber_has_yet_to_take_is_no_such_answer(pair: Pair) -> None:
    pair.tcp.is_full = True
    pair.inner.transport.write(b"x" * 2 * UNTAKEN_LIMIT_BYTES)
    pair.reach(pair.say(b"hello"))
    assert not pair.tcp.aborted


def test_a_close_is_said_after_what_was_sent(pair: Pair) -> None:
    pair.inner.transport.write(b"goodbye")
    pair.inner.transport.close()
    assert pair.tcp.closed
    pair.inner.transport.write(b"too late")
    pair.answer()
    assert pair.heard == b"goodbye"
    assert pair.ended


def test_a_client_s_close_is_heard_after_what_it_sent(pair: Pair) -> None:
    said = pair.say(b"goodbye")
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.unwrap()
    pair.reach(said + pair.said())
    assert pair.inner.heard == b"goodbye"
    assert pair.inner.happened == ["eof"]
    assert pair.tcp.closed


def test_who_is_gone_leaves_nothing_behind() -> None:
    pair = Pair(Wire())
    pair.shake_hands()
    gone = weakref.ref(pair.inner)
    gc.disable()
    try:
        pair.tls.connection_lost(None)
        assert pair.inner.happened == ["lost"]
        del pair
        assert gone() is None
    finally:
        gc.enable()
