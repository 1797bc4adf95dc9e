"""What REST answers, as version 1 of the public API has it: fields in the order in which they are sent."""

from msgspec import Struct

from broker.games import Game, Scores


class Problem(Struct, frozen=True):
    """The body of every answer that isn't 200: what is wrong, and what to do."""

    error: str


class LiveGames(Struct, frozen=True):
    """All games that are being played."""

    count: int
    games: tuple[Game, ...]


class Outcome(Struct, frozen=True):
    """One book's price, in American odds, of one outcome."""

    book: str
    outcome: str
    price: float
    points: float | None
    player_id: str | None


class GameMarkets(Struct, frozen=True):
    """A game and what is offered on it, by market type; markets with nothing in them are left out."""

    game: Game
    market_count: int
    outcome_count: int
    markets: dict[str, tuple[Outcome, ...]]


class GameScores(Struct, frozen=True):
    """A game's scores; teams by their names."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    home_team: str | None
    away_team: str | None
    status: str
    scores: Scores


class Hit(Struct, frozen=True):
    """A game that was found; `score` is home-away, null where the source has none."""

    game_id: str
    pn_slug: str | None
    pn_league_code: str | None
    sport_category: str | None
    home_team: str | None
    away_team: str | None
    start_date: str | None
    status: str
    is_live: bool
    score: str | None
    period: str | None
    clock: str | None


class Hits(Struct, frozen=True):
    """The games that were found, at most 50."""

    query: str
    count: int
    games: tuple[Hit, ...]


class League(Struct, frozen=True):
    """A league that has games in the state, and the market types that are offered on them."""

    pn_code: str
    display_name: str
    sport_category: str | None
    total_games_cached: int
    live_games: int
    market_types: tuple[str, ...]


class Leagues(Struct, frozen=True):
    """All leagues."""

    count: int
    leagues: tuple[League, ...]


class LeagueGames(Struct, frozen=True):
    """A league's games; none for a league that has none, or is not known."""

    league: str
    count: int
    games: tuple[Game, ...]


class LiveScore(Struct, frozen=True):
    """The scores of a game that is being played; teams by their names."""

    game_id: str
    pn_slug: str | None
    home_team: str | None
    away_team: str | None
    scores: Scores


class LeagueScores(Struct, frozen=True):
    """A league's games that are being played."""

    league: str
    count: int
    live: tuple[LiveScore, ...]


class Sport(Struct, frozen=True):
    """A sport and the codes of its leagues."""

    sport_category: str
    league_count: int
    leagues: tuple[str, ...]
    total_games_cached: int
    live_games: int


class Sports(Struct, frozen=True):
    """All sports."""

    count: int
    sports: tuple[Sport, ...]


class Books(Struct, frozen=True):
    """The books that were observed in the last 24 hours, sorted."""

    count: int
    books: tuple[str, ...]


class MarketType(Struct, frozen=True):
    """A market type that is offered; `applicable_sports` are league codes, `*` for all."""

    pn_code: str
    display_name: str
    pn_category: str
    applicable_sports: tuple[str, ...]
    sport_category_in_upstream_map: str


class MarketTypes(Struct, frozen=True):
    """All market types."""

    count: int
    market_types: tuple[MarketType, ...]
