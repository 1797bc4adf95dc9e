"""The worker's own listening socket on the port that all workers share (socket(7): SO_REUSEPORT)."""

import socket
from collections.abc import Iterator

BACKLOG = 4096
"""Connections waiting to be accepted; the kernel caps it at net.core.somaxconn."""
SEND_BUFFER_BYTES = 128 * 1024
"""What the kernel may hold for one connection, doubled by it for its own overhead (socket(7)); by default it grows to
4 MB. Enough for 1,000 events a second over a round trip of 100 ms with 0.1 % loss, which used 105 KB of it."""
UNSENT_LIMIT_BYTES = 64 * 1024
"""What of that may be waiting to be sent (tcp(7), TCP_NOTSENT_LOWAT): all that a client costs us which never reads,
and what makes its socket refuse more, so that the bound of 256 events counts from there."""


def bound(host: str, port: int, peer_timeout_seconds: int) -> socket.socket:
    """Bind; the loop's server then listens.

    Args:
        host: address or name.
        port: shared with the other workers.
        peer_timeout_seconds: after which a peer that acknowledges nothing is gone.

    Returns:
        A socket whose options the kernel hands on to every connection that it accepts.

    Raises:
        OSError: if the address can't be used.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LIMIT_BYTES)
    # Unacknowledged data, also in a closed window, ends the connection: tcp(7).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, peer_timeout_seconds * 1000)
    listener.bind(address)
    return listener


def queued(listener: socket.socket) -> Iterator[socket.socket]:
    """Accept all who wait now."""
    while True:
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return
        yield client
