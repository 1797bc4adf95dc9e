"""The operations of REST: one table, from which come the routes and the OpenAPI document. Pure."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from broker.games import Game
from broker.http import catalogue, shapes
from broker.http.mirror import Mirror
from broker.http.problems import ProblemError
from broker.http.standing import Standing
from broker.messages import Channel

QUERY_LIMIT_CHARS = 200
SWITCH: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


class Asked(Struct, frozen=True):
    """What a request says, as far as its operation has such a parameter.

    Args:
        id: a game's slug or game_id.
        code: of a league.
        market: market types wanted, none for all.
        book: books wanted, none for all.
        q: what is searched for.
        live: whether only games that are being played are wanted.
        sport: a sport_category, None for all.
    """

    id: str = ""
    code: str = ""
    market: frozenset[str] = frozenset()
    book: frozenset[str] = frozenset()
    q: str = ""
    live: bool = False
    sport: str | None = None


class Parameter(NamedTuple):
    """A parameter of a request.

    Args:
        name: of the field of `Asked`.
        place: where it stands.
        description: for people.
        schema: JSON Schema of its value.
        required: whether there must be one.
    """

    name: str
    place: Literal["path", "query"]
    description: str
    schema: Mapping[str, Any]
    required: bool = False


class Operation(NamedTuple):
    """Something that can be asked for.

    Args:
        path: with the names of its parameters in braces.
        summary: one line.
        parameters: what a request may say.
        answer: makes the response.
        response: its type.
        needs: the channel that the key must be for; None if any will do.
    """

    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Mirror, Standing, Asked], Struct]
    response: type[Struct]
    needs: Channel | None = None

    def ask(self, path_values: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        """Read a request; parameters that the operation doesn't have are ignored.

        Raises:
            ProblemError: if a parameter is missing or bad.
        """
        values: dict[str, object] = {}
        for parameter in self.parameters:
            given = (path_values if parameter.place == "path" else query).get(parameter.name)
            if given is None and parameter.required:
                raise _bad(f"add {parameter.name}=…: {parameter.description}")
            if given is not None:
                values[parameter.name] = _read(parameter.name, given)
        return Asked(**values)  # type: ignore[arg-type]


def _read(name: str, given: str) -> object:
    match name:
        case "live":
            if given not in SWITCH:
                raise _bad(f"live must be one of: {', '.join(SWITCH)}; leave it out for all games")
            return SWITCH[given]
        case "market" | "book":
            return frozenset(filter(None, given.split(",")))
        case "q":
            if not 1 <= len(given) <= QUERY_LIMIT_CHARS:
                raise _bad(f"q must have 1 to {QUERY_LIMIT_CHARS} characters")
            return given
        case _:
            return given


def _bad(error: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, error)


def _game(mirror: Mirror, asked: Asked) -> Game:
    game = mirror.find(asked.id)
    if game is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"no game {asked.id!r}: give a game_id or pn_slug, as /v1/games/search finds them"
        )
    return game


def _markets(mirror: Mirror, _standing: Standing, asked: Asked) -> shapes.GameMarkets:
    return catalogue.game_markets(mirror, _game(mirror, asked), asked.market, asked.book)


def _books(_mirror: Mirror, standing: Standing, _asked: Asked) -> shapes.Books:
    # As old as a day they leave the broker's report.
    books = tuple(sorted(standing.report.book_ages)) if standing.report else ()
    return shapes.Books(len(books), books)


TEXT: Mapping[str, Any] = {"type": "string"}
GAME_ID = Parameter("id", "path", "The game's pn_slug or game_id.", TEXT, required=True)
LEAGUE_CODE = Parameter("code", "path", "The league's pn_code.", TEXT, required=True)
MARKET = Parameter("market", "query", "Only these market types, separated by commas.", TEXT)
BOOK = Parameter("book", "query", "Only these books, separated by commas.", TEXT)
LIVE = Parameter("live", "query", "Only games that are being played.", {"type": "string", "enum": list(SWITCH)})
SPORT = Parameter("sport", "query", "Only those of this sport_category, and the universal ones.", TEXT)
QUERY = Parameter(
    "q",
    "query",
    "A part of a team's name, slug or league.",
    {"type": "string", "minLength": 1, "maxLength": QUERY_LIMIT_CHARS},
    required=True,
)

OPERATIONS = (
    Operation(
        "/v1/games/live",
        "All games that are being played.",
        (),
        lambda mirror, _standing, _asked: catalogue.live_games(mirror),
        shapes.LiveGames,
    ),
    Operation(
        "/v1/games/search",
        f"Games by a part of a team's name, slug or league, at most {catalogue.SEARCH_LIMIT}.",
        (QUERY, LIVE),
        lambda mirror, _standing, asked: catalogue.search(mirror, asked.q, only_live=asked.live),
        shapes.Hits,
    ),
    Operation(
        "/v1/games/{id}", "A game and its prices.", (GAME_ID, MARKET, BOOK), _markets, shapes.GameMarkets, "odds"
    ),
    Operation("/v1/games/{id}/markets", "Likewise.", (GAME_ID, MARKET, BOOK), _markets, shapes.GameMarkets, "odds"),
    Operation(
        "/v1/games/{id}/scores",
        "A game's scores.",
        (GAME_ID,),
        lambda mirror, _standing, asked: catalogue.game_scores(_game(mirror, asked)),
        shapes.GameScores,
    ),
    Operation(
        "/v1/leagues",
        "Leagues that have games.",
        (),
        lambda mirror, _standing, _asked: catalogue.leagues(mirror),
        shapes.Leagues,
    ),
    Operation(
        "/v1/leagues/{code}/games",
        "A league's games.",
        (LEAGUE_CODE, LIVE),
        lambda mirror, _standing, asked: catalogue.league_games(mirror, asked.code, only_live=asked.live),
        shapes.LeagueGames,
    ),
    Operation(
        "/v1/leagues/{code}/scores",
        "Scores of a league's games that are being played.",
        (LEAGUE_CODE,),
        lambda mirror, _standing, asked: catalogue.league_scores(mirror, asked.code),
        shapes.LeagueScores,
    ),
    Operation(
        "/v1/sports",
        "Sports that have games.",
        (),
        lambda mirror, _standing, _asked: catalogue.sports(mirror),
        shapes.Sports,
    ),
    Operation("/v1/books", "Books observed in the last 24 hours.", (), _books, shapes.Books),
    Operation(
        "/v1/market-types",
        "Market types that are offered.",
        (SPORT,),
        lambda mirror, _standing, asked: catalogue.market_types(mirror, asked.sport),
        shapes.MarketTypes,
    ),
)
