"""What the kernel knows of a connection (tcp(7), TCP_INFO): asked for when it is wanted, it costs delivery nothing."""

import socket
from asyncio import BaseTransport
from struct import unpack_from

BYTES_ACKED_AT = 120
"""Offset of `tcpi_bytes_acked`, 64 bits, in struct tcp_info of linux/tcp.h; there since Linux 4.1."""
INFO_BYTES = BYTES_ACKED_AT + 8


def bytes_acknowledged(transport: BaseTransport) -> int:
    """Bytes that the peer has acknowledged so far; 0 for a connection that is just gone."""
    try:
        info = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
    except OSError:
        return 0
    return int(unpack_from("=Q", info, BYTES_ACKED_AT)[0])
