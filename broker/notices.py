"""Frames for one subscriber: welcome, pong, error, lagged; and the snapshot's frame around ready fragments."""

from collections.abc import Sequence

from msgspec import Struct, json

from broker.frames import text_frame
from broker.messages import Channel


class Welcome(Struct, frozen=True, tag_field="type", tag="welcome"):
    """The first frame of every subscriber."""

    channel: Channel
    conn_id: int
    message: str


class Pong(Struct, frozen=True, tag_field="type", tag="pong"):
    """Answer to `{"action":"ping"}`."""

    ts: int


class ErrorNotice(Struct, frozen=True, tag_field="type", tag="error"):
    """Answer to a message that isn't understood; the connection stays."""

    code: str
    message: str


class Lagged(Struct, frozen=True, tag_field="type", tag="lagged"):
    """Events were dropped, for a subscriber that asked to be told."""

    dropped: int
    ts: int


def frame(notice: Welcome | Pong | ErrorNotice | Lagged) -> bytes:
    """Encode and frame a notice."""
    return text_frame(json.encode(notice))


def welcome_frame(channel: Channel, conn_id: int) -> bytes:
    """The frame that greets a subscriber."""
    return frame(Welcome(channel, conn_id, f"connected to books-relayer {channel} channel"))


def lagged_frame(dropped: int, ts: int) -> bytes:
    """The frame that tells a subscriber how many events it has lost."""
    return frame(Lagged(dropped, ts))


def snapshot_frame(channel: Channel, ts: int, fragments: Sequence[bytes]) -> bytes:
    """Join encoded games to a snapshot.

    Args:
        channel: the subscriber's.
        ts: Unix ms of the snapshot.
        fragments: each live game as JSON.
    """
    head = b'{"type":"snapshot","channel":"%b","ts":%d,"count":%d,"games":[' % (
        channel.encode(),
        ts,
        len(fragments),
    )
    return text_frame(b"".join((head, b",".join(fragments), b"]}")))
