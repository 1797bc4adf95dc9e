"""What a subscriber knows: a snapshot and the deltas after it, folded into the picture of now. Pure."""

from collections import deque
from collections.abc import Callable

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from broker.events import GameEvent, GameFinal, NewGame, PriceChange, ScoreChange, StatusChange
from broker.games import Game, Team

KEPT_PRICE_CHANGES = 200
"""More than any terminal has lines."""


class FrameError(Exception):
    """A frame of a known type that is not as the contract says; the message is one sentence."""


class Welcome(Struct, frozen=True, tag_field="type", tag="welcome"):
    """The first frame of a connection."""

    channel: str
    conn_id: int
    message: str


class Snapshot(Struct, frozen=True, tag_field="type", tag="snapshot"):
    """All games that are live at `ts`, Unix ms."""

    channel: str
    ts: int
    count: int
    games: tuple[Game, ...]


class Lagged(Struct, frozen=True, tag_field="type", tag="lagged"):
    """So many events were dropped, since this subscriber was too slow."""

    dropped: int
    ts: int


Message = Welcome | Snapshot | Lagged | GameEvent | PriceChange


class _Typed(Struct):
    type: str


_peek = json.Decoder(_Typed).decode
_decoder: json.Decoder[Message] = json.Decoder(Message)
_KNOWN_TYPES = {
    message.__struct_config__.tag
    for message in (
        Welcome,
        Snapshot,
        Lagged,
        NewGame,
        ScoreChange,
        StatusChange,
        GameFinal,
        PriceChange,
    )
}


def decode(frame: bytes) -> Message | None:
    """Decode one frame.

    Returns:
        None for a type this version doesn't know: servers may add some.

    Raises:
        FrameError: if it is not as the contract says.
    """
    try:
        return _decoder.decode(frame) if _peek(frame).type in _KNOWN_TYPES else None
    except (DecodeError, UnicodeDecodeError) as error:
        raise FrameError(f"the server sent a frame that this version can't read: {error}") from error


class GameRow(Struct, frozen=True):
    """One game as far as it is known; a game that was not in the snapshot is known by its events only.

    Args:
        changed_at: `ts` of its last event, Unix ms; None if there was none since the snapshot.
    """

    game_id: str
    league: str | None
    slug: str | None
    home: str | None = None
    away: str | None = None
    status: str | None = None
    score_home: int | None = None
    score_away: int | None = None
    period: str | None = None
    clock: str | None = None
    changed_at: int | None = None


class PriceSeen(Struct, frozen=True):
    """A price change, and when it was seen, in seconds of the view's clock."""

    change: PriceChange
    at: float


class View:
    """The picture of now.

    Args:
        wanted: which games are of interest; of all others only what a snapshot says is kept.
        games: by game_id, with those that aren't wanted.
        scored: when the score of a game last changed, in seconds of the clock that `apply` is given.
        prices: the latest price changes, newest last.
        events: how many there were, over all connections.
        price_events: how many of them were price changes.
        dropped: how many the server said it dropped.
    """

    def __init__(self, wanted: Callable[[GameRow], bool]) -> None:
        self._wanted = wanted
        self.games: dict[str, GameRow] = {}
        self.scored: dict[str, float] = {}
        self.prices: deque[PriceSeen] = deque(maxlen=KEPT_PRICE_CHANGES)
        self.events = 0
        self.price_events = 0
        self.dropped = 0

    @property
    def rows(self) -> list[GameRow]:
        """The games that are wanted."""
        return [row for row in self.games.values() if self._wanted(row)]

    def apply(self, message: Message, now: float) -> bool:
        """Take the next message of a connection; a snapshot replaces all games.

        Args:
            message: the next one.
            now: seconds of a steady clock.

        Returns:
            Whether it is of interest; events of games that aren't wanted are not.
        """
        match message:
            case Welcome():
                return True
            case Snapshot():
                self.games = {game.game_id: _row(game) for game in message.games}
                self.scored = {game_id: at for game_id, at in self.scored.items() if game_id in self.games}
                return True
            case Lagged():
                self.dropped += message.dropped
                return True
        row = self.games.get(message.game_id) or GameRow(message.game_id, message.pn_league_code, message.pn_slug)
        if not self._wanted(row):
            return False
        self.events += 1
        if isinstance(message, PriceChange):
            self.price_events += 1
            self.prices.append(PriceSeen(message, now))
            return True
        changed = _changed(row, message)
        if (row.score_home, row.score_away) != (changed.score_home, changed.score_away):
            self.scored[message.game_id] = now
        self.games[message.game_id] = changed
        return True


def _changed(row: GameRow, event: GameEvent) -> GameRow:
    match event:
        case NewGame():
            return replace(row, status="unplayed", changed_at=event.ts)
        case StatusChange():
            return replace(row, status=event.new_status, changed_at=event.ts)
        case ScoreChange():
            return replace(
                row,
                score_home=event.score_home,
                score_away=event.score_away,
                period=event.period,
                clock=event.clock,
                changed_at=event.ts,
            )
        case GameFinal():
            return replace(
                row,
                score_home=event.score_home,
                score_away=event.score_away,
                changed_at=event.ts,
            )


def _row(game: Game) -> GameRow:
    return GameRow(
        game_id=game.game_id,
        league=game.pn_league_code,
        slug=game.pn_slug,
        home=_name(game.home_team),
        away=_name(game.away_team),
        status=game.status,
        score_home=game.scores.score_home,
        score_away=game.scores.score_away,
        period=game.scores.period,
        clock=game.scores.clock,
    )


def _name(team: Team) -> str | None:
    return team.name or team.mascot or team.city
