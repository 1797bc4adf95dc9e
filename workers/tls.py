"""TLS of one connection: the protocol of its TCP transport, and in turn the transport of what speaks inside.

The TLS transports of asyncio and uvloop hide the TCP transport below, so that nobody could tell a client that reads
slowly from one that doesn't read, and keep for each connection what its longest write and read took. Here each write
goes to the TCP transport at once, whose buffer is the only one.
"""

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

RECORD_BYTES = 16_384
"""The longest record's content (RFC 8446, 5.1)."""
UNTAKEN_LIMIT_BYTES = 65_536
"""Answers of TLS itself to a client that takes none, such as to each attempt to renegotiate. A handshake needs some 10
KB of them; all that is beyond means harm."""


class Wire:
    """Encrypted bytes on their way into OpenSSL and out of it, for all connections of one thread.

    Both ends are empty between any two uses: of a record that isn't complete yet, each connection's own state keeps the
    beginning. One for all of them is some 100 KB; one for each would be as much.
    """

    def __init__(self) -> None:
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()


class Tls(asyncio.Protocol, asyncio.Transport):
    """A connection's TLS, from accept to its end.

    Args:
        context: of the server.
        wire: shared with the others.
        inner: what speaks inside; it meets its transport at once, before the TLS handshake.
    """

    __slots__ = ("_inner", "_is_open", "_object", "_tcp", "_untaken", "_wire")

    def __init__(self, context: ssl.SSLContext, wire: Wire, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self._wire = wire
        self._object = context.wrap_bio(wire.incoming, wire.outgoing, server_side=True)
        self._is_open = False
        """The TLS handshake is complete, and we have not closed."""
        self._untaken = 0
        """Bytes of answers since the socket has taken all that it was given."""

    # What the TCP transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._tcp = cast(asyncio.Transport, transport)
        self._inner.connection_made(self)

    def data_received(self, data: bytes) -> None:
        """Encrypted bytes have come in."""
        self._wire.incoming.write(data)
        parts: list[bytes] = []
        ended = False
        try:
            if not self._is_open:
                self._object.do_handshake()
                self._is_open = True
            while part := self._object.read(RECORD_BYTES):
                parts.append(part)
            ended = True
        except ssl.SSLWantReadError:
            # All that is complete has been read.
            pass
        except ssl.SSLError:
            # No TLS, none that we speak, or forged. The alert that says so goes out as far as the socket takes it.
            self._send()
            self.abort()
            return
        finally:
            self._wire.incoming.read()
        self._untaken += self._send()
        if not self._tcp.get_write_buffer_size():
            self._untaken = 0
        elif self._untaken > UNTAKEN_LIMIT_BYTES:
            self.abort()
            return
        if parts:
            self._inner.data_received(b"".join(parts))
        if ended and not self._inner.eof_received():
            self.close()

    def eof_received(self) -> bool | None:
        """The client sends no more."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """The kernel takes no more."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """The kernel has taken all that we had."""
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._is_open = False
        inner = self._inner
        # They hold each other: memory is to be free without waiting for the garbage collector.
        del self._inner, self._object
        inner.connection_lost(exc)

    # What the one inside asks for.

    def write(self, data: Any) -> None:
        """Send; before the handshake there is nobody to understand it."""
        self.writelines((data,))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send in one go."""
        if not self._is_open:
            return
        for data in list_of_data:
            rest = memoryview(data)
            while rest:
                # OpenSSL takes a record's content at a time.
                rest = rest[self._object.write(rest) :]
        self._send()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when writing is paused and resumed, in bytes."""
        self._tcp.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Encrypted bytes that the socket has not taken yet."""
        return self._tcp.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the TCP connection."""
        return self._tcp.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether no more is sent."""
        return self._tcp.is_closing()

    def close(self) -> None:
        """Close once everything is sent; TLS says so, too (RFC 8446, 6.1)."""
        if self._is_open:
            self._is_open = False
            # What the client answers doesn't matter any more.
            with suppress(ssl.SSLError):
                self._object.unwrap()
            self._send()
        self._tcp.close()

    def abort(self) -> None:
        """Close at once."""
        self._is_open = False
        self._tcp.abort()

    def _send(self) -> int:
        data = self._wire.outgoing.read()
        if data:
            self._tcp.write(data)
        return len(data)
