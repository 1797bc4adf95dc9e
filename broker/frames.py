"""WebSocket frames that the server prepares once and sends to many (RFC 6455, section 5.2)."""

from struct import pack

FIN_TEXT = 0x81
FIN_PING = 0x89
SEVEN_BIT_LENGTH_BYTES = 125
SIXTEEN_BIT_LENGTH_BYTES = 0xFFFF

PING_FRAME = bytes([FIN_PING, 0])
"""A server's ping without payload, the same bytes for every subscriber."""


def text_frame(payload: bytes) -> bytes:
    """Frame one unfragmented, unmasked text message: a server must not mask (RFC 6455, 5.1).

    Args:
        payload: the message, UTF-8 encoded.

    Returns:
        Header and payload, ready to be written to a socket.
    """
    length = len(payload)
    if length <= SEVEN_BIT_LENGTH_BYTES:
        return pack("!BB", FIN_TEXT, length) + payload
    if length <= SIXTEEN_BIT_LENGTH_BYTES:
        return pack("!BBH", FIN_TEXT, 126, length) + payload
    return pack("!BBQ", FIN_TEXT, 127, length) + payload
