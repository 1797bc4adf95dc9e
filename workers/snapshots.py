"""The live games as ready JSON, and the snapshot frames made of them once for all who join. Pure."""

from collections.abc import Iterable

from broker.messages import CHANNELS, Channel
from broker.notices import snapshot_frame


class Snapshots:
    """The state behind the snapshots, kept up to date by the commits' fragments."""

    def __init__(self) -> None:
        self._fragments: dict[str, bytes] = {}
        self._frames: dict[Channel, bytes] = {}

    def replace(self, fragments: Iterable[tuple[str, bytes]]) -> None:
        """Start anew from a whole image."""
        self._fragments = dict(fragments)
        self._frames.clear()

    def set(self, game_id: str, fragment: bytes | None) -> None:
        """Put one game in, or take it out."""
        if fragment is None:
            self._fragments.pop(game_id, None)
        else:
            self._fragments[game_id] = fragment
        self._frames.clear()

    def frame(self, channel: Channel, now_ms: int) -> bytes:
        """The snapshot as it is now; made once, and again only when a game has changed.

        Args:
            channel: whom it is for.
            now_ms: its ts, if it has to be made.
        """
        if channel not in self._frames:
            # In order of game_id: the same games are the same bytes on every worker.
            ordered = [self._fragments[game_id] for game_id in sorted(self._fragments)]
            for each in CHANNELS:
                self._frames[each] = snapshot_frame(each, now_ms, ordered)
        return self._frames[channel]
