"""What subscribers say, and the answers (README, "Keeping alive, talking back"). Pure."""

from typing import Literal

from msgspec import DecodeError, Struct, json

from broker.notices import ErrorNotice, Pong, frame

MESSAGE_LIMIT_BYTES = 4096
MESSAGES_PER_SECOND = 10
FLOOD_SECONDS = 10
"""Seconds in a row with more messages than that which make a flood."""

FRAMES_PER_SECOND = 100
"""Likewise frames of any kind, such as pings and fragments."""
BURST_FRAMES = 1_000
"""In one second; more are a flood at once."""

UNKNOWN_ACTION = frame(ErrorNotice("unknown_action", 'the only message understood is {"action":"ping"}'))


class Ping(Struct, frozen=True):
    """What a subscriber may say."""

    action: Literal["ping"]


_decoder = json.Decoder(Ping)


def answer(text: bytes, now_ms: int) -> bytes:
    """Answer a text message.

    Args:
        text: the message; UTF-8.
        now_ms: Unix ms.

    Returns:
        The frame to send.
    """
    try:
        _decoder.decode(text)
    except (DecodeError, RecursionError):
        return UNKNOWN_ACTION
    return frame(Pong(now_ms))


class FloodGauge:
    """Tells a flood from a burst, by whole seconds."""

    __slots__ = ("_busy_seconds", "_frames", "_messages", "_second")

    def __init__(self) -> None:
        self._second = 0
        self._frames = 0
        self._messages = 0
        self._busy_seconds = 0

    def is_flood(self, now: float, *, message: bool) -> bool:
        """Count one frame.

        Args:
            now: seconds of any steady clock.
            message: whether a message is complete with it.

        Returns:
            Whether each of the last FLOOD_SECONDS seconds had too many messages or frames, or this one a burst of them.
        """
        second = int(now)
        if second != self._second:
            busy = self._messages > MESSAGES_PER_SECOND or self._frames > FRAMES_PER_SECOND
            lasting = busy and second == self._second + 1
            self._busy_seconds = self._busy_seconds + 1 if lasting else 0
            self._second, self._frames, self._messages = second, 0, 0
        self._frames += 1
        self._messages += message
        return self._frames > BURST_FRAMES or self._busy_seconds >= FLOOD_SECONDS
