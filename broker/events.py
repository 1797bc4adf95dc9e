"""The events a subscriber receives, fields in the order in which they are sent (README, "Events")."""

from msgspec import Struct


class NewGame(Struct, frozen=True, tag_field="type", tag="new_game"):
    """A game_id was seen for the first time."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    ts: int


class ScoreChange(Struct, frozen=True, tag_field="type", tag="score_change"):
    """Home score, away score, period or clock changed."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    score_home: int | None
    score_away: int | None
    period: str | None
    clock: str | None
    ts: int


class StatusChange(Struct, frozen=True, tag_field="type", tag="status_change"):
    """The status moved on."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    old_status: str
    new_status: str
    ts: int


class GameFinal(Struct, frozen=True, tag_field="type", tag="game_final"):
    """Right after the status_change to `final` or `ended`."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    score_home: int | None
    score_away: int | None
    ts: int


class PriceChange(Struct, frozen=True, tag_field="type", tag="price_change"):
    """An outcome's price moved at one book; `old_price` is null when the outcome was not there before."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    pn_market_type: str
    book: str
    outcome: str
    old_price: float | None
    new_price: float
    points: float | None
    ts: int


GameEvent = NewGame | ScoreChange | StatusChange | GameFinal
Event = GameEvent | PriceChange
