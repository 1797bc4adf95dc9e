"""What subscribers say, and the answers (README, "Keeping alive, talking back"). Pure."""

from msgspec import DecodeError, Struct, json

from broker.notices import ErrorNotice, Pong, frame

MESSAGE_LIMIT_BYTES = 4096
MESSAGES_PER_SECOND = 10
FLOOD_SECONDS = 10
"""Seconds in a row with more messages than that which make a flood."""

UNKNOWN_ACTION = frame(ErrorNotice("unknown_action", 'the only message understood is {"action":"ping"}'))


class ClientMessage(Struct, frozen=True):
    """A subscriber's message."""

    action: str


_decoder = json.Decoder(ClientMessage)


def answer(text: bytes, now_ms: int) -> bytes:
    """Answer a text message.

    Args:
        text: the message; UTF-8.
        now_ms: Unix ms.

    Returns:
        The frame to send.
    """
    try:
        message = _decoder.decode(text)
    except (DecodeError, RecursionError):
        return UNKNOWN_ACTION
    return frame(Pong(now_ms)) if message.action == "ping" else UNKNOWN_ACTION


class FloodGauge:
    """Tells a flood from a burst, by whole seconds."""

    __slots__ = ("_busy_seconds", "_count", "_second")

    def __init__(self) -> None:
        self._second = 0
        self._count = 0
        self._busy_seconds = 0

    def is_flood(self, now: float) -> bool:
        """Count one message.

        Args:
            now: seconds of any steady clock.

        Returns:
            Whether each of the last FLOOD_SECONDS seconds had more than MESSAGES_PER_SECOND messages.
        """
        second = int(now)
        if second != self._second:
            lasting = second == self._second + 1 and self._count > MESSAGES_PER_SECOND
            self._busy_seconds = self._busy_seconds + 1 if lasting else 0
            self._second, self._count = second, 0
        self._count += 1
        return self._busy_seconds >= FLOOD_SECONDS
