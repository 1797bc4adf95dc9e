"""WebSocket frames that the server prepares once and sends to many (RFC 6455, section 5.2)."""

from struct import pack

FIN_TEXT = 0x81
FIN_COMPRESSED_TEXT = 0xC1
"""With RSV1 set (RFC 7692, section 6)."""
FIN_PING = 0x89
SEVEN_BIT_LENGTH_BYTES = 125
SIXTEEN_BIT_LENGTH_BYTES = 0xFFFF
SIXTEEN_BIT_LENGTH = 126
SIXTY_FOUR_BIT_LENGTH = 127
"""In place of the length: a longer field follows."""

PING_FRAME = bytes([FIN_PING, 0])
"""A server's ping without payload, the same bytes for every subscriber."""


def text_frame(payload: bytes) -> bytes:
    """Frame one unfragmented, unmasked text message: a server must not mask (RFC 6455, 5.1).

    Args:
        payload: the message, UTF-8 encoded.

    Returns:
        Header and payload, ready to be written to a socket.
    """
    return _frame(FIN_TEXT, payload)


def compressed_text_frame(payload: bytes) -> bytes:
    """Frame one text message that permessage-deflate has compressed (RFC 7692, 7.2.1).

    Args:
        payload: without the tail of its flush.
    """
    return _frame(FIN_COMPRESSED_TEXT, payload)


def payload_of(frame: bytes) -> bytes:
    """The payload of one unmasked frame."""
    if frame[1] <= SEVEN_BIT_LENGTH_BYTES:
        return frame[2:]
    return frame[4:] if frame[1] == SIXTEEN_BIT_LENGTH else frame[10:]


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length <= SEVEN_BIT_LENGTH_BYTES:
        return pack("!BB", first_byte, length) + payload
    if length <= SIXTEEN_BIT_LENGTH_BYTES:
        return pack("!BBH", first_byte, SIXTEEN_BIT_LENGTH, length) + payload
    return pack("!BBQ", first_byte, SIXTY_FOUR_BIT_LENGTH, length) + payload
