"""One game: who, when and where, its whole play made up beforehand, and what it looks like at any time."""

from datetime import UTC, datetime
from random import Random

from msgspec import Struct

from broker.demo.baseball import Baseball
from broker.demo.clocked import play_clocked
from broker.demo.flowing import BasketballPlays, HockeyPlays
from broker.demo.football import FootballPlays
from broker.demo.script import Match, Moment, Plays, Script
from broker.demo.sports import FOOTBALL, HOCKEY, Sport
from broker.demo.teams import players
from broker.games import Game, Scores, Status, Team

FINAL_AFTER_MS = 3_000
"""From the last play to the final whistle's way into the feed."""
SECONDS_PER_DAY = 86_400

_LABELS: dict[Status, str] = {"unplayed": "Unplayed", "live": "Live", "final": "Completed"}
_CHANNELS = ("Prime Sports", "Coast Network", "Gridline TV", "Arena+", None)
_SKIES = ("Clear", "Partly cloudy", "Overcast", "Light rain", "Windy")


class Weather(Struct, frozen=True):
    """Under an open sky; degrees Fahrenheit."""

    sky: str
    temp: float
    high: float


class Fixture(Struct, frozen=True):
    """One game and all that will happen in it.

    Args:
        start_ms: Unix time at which play begins.
        moments: in order; the last one is the final state.
        starters: home, away; pitchers or goalkeepers.
    """

    game_id: str
    slug: str
    start_ms: int
    match: Match
    moments: tuple[Moment, ...]
    broadcast: str | None
    weather: Weather | None
    starters: tuple[str | None, str | None]

    @property
    def final_ms(self) -> int:
        """Unix time at which the game goes final."""
        return self.start_ms + self.moments[-1].at_ms + FINAL_AFTER_MS

    def game(self, status: Status, moment: Moment) -> Game:
        """The full picture as a producer sees it.

        Args:
            moment: where play is; only its frame counts before the start.
        """
        sport = self.match.sport
        return Game(
            game_id=self.game_id,
            pn_slug=self.slug,
            pn_league_code=sport.league,
            sport_category=sport.category,
            start_date=f"{_utc(self.start_ms):%Y-%m-%dT%H:%M:%SZ}",
            status=status,
            venue=f"{self.match.home.city} {'Field' if sport.outdoor else 'Arena'}",
            broadcast=self.broadcast,
            home_team=self.match.home,
            away_team=self.match.away,
            scores=self._scores(status, moment),
        )

    def _scores(self, status: Status, moment: Moment) -> Scores:
        begun = status != "unplayed"
        return Scores(
            status=_LABELS[status],
            score_home=moment.score[0] if begun else 0,
            score_away=moment.score[1] if begun else 0,
            period=moment.period if begun else None,
            clock=moment.clock if begun else None,
            is_live=status == "live",
            last_play=moment.text if begun else None,
            current_down_and_distance=moment.situation if status == "live" else None,
            weather=self.weather.sky if self.weather else None,
            weather_temp=self.weather.temp if self.weather else None,
            weather_temp_high=self.weather.high if self.weather else None,
            home_starter=self.starters[0],
            away_starter=self.starters[1],
        )


def make_fixture(
    sport: Sport, teams: tuple[Team, Team], strengths: tuple[float, float], start_ms: int, rng: Random
) -> Fixture:
    """Make up a game and its whole course.

    Args:
        teams: home, away.
        strengths: theirs, in points.
        start_ms: Unix time at which play begins.
    """
    edge = sport.home_edge + strengths[0] - strengths[1]
    home_star, away_star, home_starter, away_starter = players(rng, 4)
    match = Match(sport, teams[0], teams[1], edge, (home_star, away_star))
    day = f"{_utc(start_ms):%Y-%m-%d}"
    has_starters = sport is HOCKEY or sport.clock is None
    return Fixture(
        # The second of the day keeps ids apart that chance would not.
        game_id=f"{rng.randrange(100_000):05}-{start_ms // 1000 % SECONDS_PER_DAY:05}-{day}",
        slug=f"{sport.league}-{teams[1].abbreviation_pn}-{teams[0].abbreviation_pn}-{day}",
        start_ms=start_ms,
        match=match,
        moments=tuple(_script(match, rng)),
        broadcast=rng.choice(_CHANNELS),
        weather=_weather(rng) if sport.outdoor else None,
        starters=(home_starter, away_starter) if has_starters else (None, None),
    )


def _script(match: Match, rng: Random) -> Script:
    if match.sport.clock is None:
        return Baseball(match, rng).moments()
    return play_clocked(match, match.sport.clock, _plays(match, rng), rng)


def _plays(match: Match, rng: Random) -> Plays:
    if match.sport is FOOTBALL:
        return FootballPlays(match, rng)
    return HockeyPlays(match, rng) if match.sport is HOCKEY else BasketballPlays(match, rng)


def _weather(rng: Random) -> Weather:
    temp = rng.randint(38, 84)
    return Weather(rng.choice(_SKIES), float(temp), float(temp + rng.randint(0, 6)))


def _utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
