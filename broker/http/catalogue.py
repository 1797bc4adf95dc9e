"""What REST answers, out of the mirrored state. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from broker.games import Game, Team
from broker.http.mirror import Mirror
from broker.http.names import league_name, market_name
from broker.http.shapes import (
    GameMarkets,
    GameScores,
    Hit,
    Hits,
    League,
    LeagueGames,
    Leagues,
    LeagueScores,
    LiveGames,
    LiveScore,
    MarketType,
    MarketTypes,
    Outcome,
    Sport,
    Sports,
)
from broker.reports import PriceRow

SEARCH_LIMIT = 50
UNIVERSAL = "*"


def live_games(mirror: Mirror) -> LiveGames:
    """All games that are being played."""
    games = tuple(_ordered(game for game in mirror.games.values() if game.scores.is_live))
    return LiveGames(len(games), games)


def game_markets(mirror: Mirror, game: Game, markets: Collection[str], books: Collection[str]) -> GameMarkets:
    """A game with its prices.

    Args:
        mirror: the state.
        game: one of its games.
        markets: those wanted, all if none is named.
        books: likewise.
    """
    chosen = {
        code: tuple(map(_outcome, sorted(offers, key=_place)))
        for code, rows in sorted(mirror.markets(game.game_id).items())
        if (not markets or code in markets) and (offers := [row for row in rows.values() if _is_of(row, books)])
    }
    return GameMarkets(game, len(chosen), sum(map(len, chosen.values())), chosen)


def game_scores(game: Game) -> GameScores:
    """A game's scores."""
    return GameScores(
        game.game_id,
        game.pn_slug,
        game.pn_league_code,
        _name(game.home_team),
        _name(game.away_team),
        game.status,
        game.scores,
    )


def search(mirror: Mirror, query: str, *, only_live: bool) -> Hits:
    """Find games by a part of a team's name, slug or league, upper and lower case alike."""
    wanted = query.casefold()
    found = (
        game
        for game in mirror.games.values()
        if (game.scores.is_live or not only_live) and any(wanted in text.casefold() for text in _searched(game))
    )
    hits = tuple(map(_hit, _ordered(found)[:SEARCH_LIMIT]))
    return Hits(query, len(hits), hits)


def leagues(mirror: Mirror) -> Leagues:
    """All leagues that have games."""
    by_code: dict[str, list[Game]] = defaultdict(list)
    for game in mirror.games.values():
        if game.pn_league_code:
            by_code[game.pn_league_code].append(game)
    all_of_them = tuple(_league(mirror, code, games) for code, games in sorted(by_code.items()))
    return Leagues(len(all_of_them), all_of_them)


def league_games(mirror: Mirror, code: str, *, only_live: bool) -> LeagueGames:
    """A league's games."""
    games = _of_league(mirror, code, only_live=only_live)
    return LeagueGames(code, len(games), tuple(games))


def league_scores(mirror: Mirror, code: str) -> LeagueScores:
    """The scores of a league's games that are being played."""
    scores = tuple(
        LiveScore(game.game_id, game.pn_slug, _name(game.home_team), _name(game.away_team), game.scores)
        for game in _of_league(mirror, code, only_live=True)
    )
    return LeagueScores(code, len(scores), scores)


def sports(mirror: Mirror) -> Sports:
    """All sports that have games."""
    by_sport: dict[str, list[Game]] = defaultdict(list)
    for game in mirror.games.values():
        if game.sport_category is not None:
            by_sport[game.sport_category].append(game)
    all_of_them = tuple(_sport(category, games) for category, games in sorted(by_sport.items()))
    return Sports(len(all_of_them), all_of_them)


def market_types(mirror: Mirror, sport: str | None) -> MarketTypes:
    """All market types that are offered; with a sport, those of its games and the universal ones."""
    leagues_of: dict[str, set[str]] = defaultdict(set)
    sports_of: dict[str, set[str]] = defaultdict(set)
    for game in mirror.games.values():
        for code in mirror.markets(game.game_id):
            leagues_of[code].update(filter(None, (game.pn_league_code,)))
            sports_of[code].update(filter(None, (game.sport_category,)))
    all_of_them = tuple(
        _market_type(code, leagues_of[code], sports_of[code])
        for code in sorted(leagues_of)
        if sport is None or sport in sports_of[code] or market_name(code).universal
    )
    return MarketTypes(len(all_of_them), all_of_them)


def _ordered(games: Iterable[Game]) -> list[Game]:
    """By their beginning: the same games are the same answer, whatever order they came in."""
    return sorted(games, key=lambda game: (game.start_date or "", game.game_id))


def _of_league(mirror: Mirror, code: str, *, only_live: bool) -> list[Game]:
    games = (game for game in mirror.games.values() if game.pn_league_code == code)
    return _ordered(game for game in games if game.scores.is_live or not only_live)


def _is_of(row: PriceRow, books: Collection[str]) -> bool:
    return not books or row.book in books


def _place(row: PriceRow) -> tuple[str, str, float]:
    return row.book, row.outcome, float("-inf") if row.points is None else row.points


def _outcome(row: PriceRow) -> Outcome:
    assert row.price is not None
    return Outcome(row.book, row.outcome, row.price, row.points, row.player_id)


def _name(team: Team) -> str | None:
    return team.name or " ".join(filter(None, (team.city, team.mascot))) or None


def _searched(game: Game) -> Iterable[str]:
    return filter(None, (_name(game.home_team), _name(game.away_team), game.pn_slug, game.pn_league_code))


def _hit(game: Game) -> Hit:
    scores = game.scores
    known = scores.score_home is not None and scores.score_away is not None
    return Hit(
        game_id=game.game_id,
        pn_slug=game.pn_slug,
        pn_league_code=game.pn_league_code,
        sport_category=game.sport_category,
        home_team=_name(game.home_team),
        away_team=_name(game.away_team),
        start_date=game.start_date,
        status=game.status,
        is_live=scores.is_live,
        score=f"{scores.score_home}-{scores.score_away}" if known else None,
        period=scores.period,
        clock=scores.clock,
    )


def _league(mirror: Mirror, code: str, games: list[Game]) -> League:
    offered = {market for game in games for market in mirror.markets(game.game_id)}
    sport = next((game.sport_category for game in games if game.sport_category is not None), None)
    return League(code, league_name(code), sport, len(games), _live(games), tuple(sorted(offered)))


def _sport(category: str, games: list[Game]) -> Sport:
    codes = tuple(sorted({game.pn_league_code for game in games if game.pn_league_code}))
    return Sport(category, len(codes), codes, len(games), _live(games))


def _live(games: Iterable[Game]) -> int:
    return sum(game.scores.is_live for game in games)


def _market_type(code: str, in_leagues: set[str], in_sports: set[str]) -> MarketType:
    name = market_name(code)
    only_sport = next(iter(in_sports)) if len(in_sports) == 1 else UNIVERSAL
    return MarketType(
        pn_code=code,
        display_name=name.display_name,
        pn_category=name.category,
        applicable_sports=(UNIVERSAL,) if name.universal else tuple(sorted(in_leagues)),
        sport_category_in_upstream_map=UNIVERSAL if name.universal else only_sport,
    )
