"""Made-up fixtures of real leagues: who plays whom, and what books think of it."""

from msgspec import Struct

from broker.games import Game, Scores, Team

DATE = "2025-10-12"
SPORTS = {"nfl": "football", "mlb": "baseball", "wnba": "basketball"}


class Side(Struct, frozen=True):
    """A team."""

    abbreviation: str
    city: str
    mascot: str

    @property
    def name(self) -> str:
        """As books call it."""
        return f"{self.city} {self.mascot}"


class Fixture(Struct, frozen=True):
    """Two teams and what is expected of them.

    Args:
        number: of all fixtures, from 1.
        favour_cents: of the away team in a moneyline; 0 is even.
        spread: points given to the away team.
        total: points of both.
    """

    number: int
    league: str
    away: Side
    home: Side
    favour_cents: int
    spread: float
    total: float

    @property
    def game_id(self) -> str:
        """Two numbers that look like nothing, and the date."""
        return f"{self.number * 37_717 % 100_000:05}-{self.number * 61_031 % 100_000:05}-{DATE}"

    @property
    def slug(self) -> str:
        """League, teams and date."""
        return f"{self.league}-{self.away.abbreviation}-{self.home.abbreviation}-{DATE}"

    def game(self) -> Game:
        """The full picture, live."""
        return Game(
            game_id=self.game_id,
            pn_slug=self.slug,
            pn_league_code=self.league,
            sport_category=SPORTS[self.league],
            start_date=f"{DATE}T17:00:00Z",
            status="live",
            venue=f"{self.home.city} Stadium",
            broadcast=None,
            home_team=_team(self.home),
            away_team=_team(self.away),
            scores=Scores(
                status="Live",
                score_home=self.number % 5,
                score_away=self.number % 4,
                period=None,
                clock=None,
                is_live=True,
                last_play=None,
                current_down_and_distance=None,
                weather=None,
                weather_temp=None,
                weather_temp_high=None,
                home_starter=None,
                away_starter=None,
            ),
        )


def _team(side: Side) -> Team:
    return Team(side.name, side.city, side.mascot, side.abbreviation, None)


_TABLE = (
    ("nfl", Side("den", "Denver", "Broncos"), Side("nyj", "New York", "Jets"), 185, -6.5, 42.5),
    ("nfl", Side("chi", "Chicago", "Bears"), Side("det", "Detroit", "Lions"), -250, 7.5, 47.5),
    ("nfl", Side("mia", "Miami", "Dolphins"), Side("buf", "Buffalo", "Bills"), -480, 11.5, 49.5),
    ("nfl", Side("dal", "Dallas", "Cowboys"), Side("gb", "Green Bay", "Packers"), -120, 4.5, 46.5),
    ("nfl", Side("sea", "Seattle", "Seahawks"), Side("ten", "Tennessee", "Titans"), 140, -4.0, 41.0),
    ("nfl", Side("cle", "Cleveland", "Browns"), Side("atl", "Atlanta", "Falcons"), -60, 2.5, 39.5),
    ("nfl", Side("hou", "Houston", "Texans"), Side("lv", "Las Vegas", "Raiders"), 95, -3.0, 43.0),
    ("nfl", Side("bal", "Baltimore", "Ravens"), Side("kc", "Kansas City", "Chiefs"), 10, 0.5, 50.5),
    ("nfl", Side("phi", "Philadelphia", "Eagles"), Side("was", "Washington", "Commanders"), 45, -1.5, 45.5),
    ("nfl", Side("no", "New Orleans", "Saints"), Side("tb", "Tampa Bay", "Buccaneers"), -150, 5.5, 44.0),
    ("mlb", Side("bos", "Boston", "Red Sox"), Side("nyy", "New York", "Yankees"), -35, 1.5, 9.0),
    ("mlb", Side("sea", "Seattle", "Mariners"), Side("tor", "Toronto", "Blue Jays"), -15, 1.5, 8.0),
    ("mlb", Side("chc", "Chicago", "Cubs"), Side("mil", "Milwaukee", "Brewers"), 20, -1.5, 7.5),
    ("mlb", Side("stl", "St. Louis", "Cardinals"), Side("cin", "Cincinnati", "Reds"), 5, -1.5, 9.5),
    ("mlb", Side("sd", "San Diego", "Padres"), Side("tex", "Texas", "Rangers"), 30, -1.5, 8.5),
    ("mlb", Side("phi", "Philadelphia", "Phillies"), Side("lad", "Los Angeles", "Dodgers"), -55, 1.5, 8.0),
    ("wnba", Side("lv", "Las Vegas", "Aces"), Side("phx", "Phoenix", "Mercury"), 70, -3.5, 165.5),
    ("wnba", Side("min", "Minnesota", "Lynx"), Side("sea", "Seattle", "Storm"), 130, -5.5, 158.5),
)
FIXTURES = tuple(Fixture(number, *row) for number, row in enumerate(_TABLE, 1))
