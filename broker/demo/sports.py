"""The four sports: how long they last, how they score, what is bet on. Teams, players and numbers are invented."""

from msgspec import Struct

MINUTE_MS = 60_000


class Clock(Struct, frozen=True):
    """How a sport with a game clock is divided.

    Args:
        periods: names in regulation time, in order.
        period_seconds: length of each, in game time.
        overtime_seconds: length of each overtime, in game time.
        sudden_death: whether the first score of an overtime ends it.
        overtimes: most overtimes that are played; None until it is decided.
        shootout: whether a game that is level even then is decided by one more goal.
    """

    periods: tuple[str, ...]
    period_seconds: int
    overtime_seconds: int
    sudden_death: bool
    overtimes: int | None
    shootout: bool = False


class Sport(Struct, frozen=True):
    """One sport and its league.

    Args:
        slots: how many games of it are on at once.
        play_ms: length of regulation play without breaks, compressed.
        clock: None where there is none (baseball).
        mean_points: of one team in one game.
        margin_sd: spread of the final margin as seen before the game, in points.
        total_sd: likewise of all points.
        home_edge: points that the home team is better by for being at home.
        strength_sd: spread of the teams' strengths, in points.
        early_market: the market of the first part of the game.
        early_share: which share of the game that part is.
        player_market: the market of the star players.
        star_share: chance that a scoring play is the star's.
        star_mean: what a star collects in one game, on average.
        rapid: scores come so often that books answer one with their main markets only.
    """

    league: str
    category: str
    outdoor: bool
    slots: int
    play_ms: int
    clock: Clock | None
    mean_points: float
    margin_sd: float
    total_sd: float
    home_edge: float
    strength_sd: float
    early_market: str
    early_share: float
    player_market: str
    star_share: float
    star_mean: float
    rapid: bool = False


FOOTBALL = Sport(
    league="nfl",
    category="football",
    outdoor=True,
    slots=4,
    play_ms=10 * MINUTE_MS,
    clock=Clock(("Q1", "Q2", "Q3", "Q4"), 900, 600, sudden_death=True, overtimes=1),
    mean_points=23.0,
    margin_sd=14.0,
    total_sd=13.0,
    home_edge=1.8,
    strength_sd=4.0,
    early_market="first_half_moneyline",
    early_share=0.5,
    player_market="player_touchdowns",
    star_share=0.35,
    star_mean=0.8,
)
BASKETBALL = Sport(
    league="nba",
    category="basketball",
    outdoor=False,
    slots=3,
    play_ms=12 * MINUTE_MS,
    clock=Clock(("Q1", "Q2", "Q3", "Q4"), 720, 300, sudden_death=False, overtimes=None),
    mean_points=113.0,
    margin_sd=14.0,
    total_sd=17.0,
    home_edge=2.5,
    strength_sd=3.5,
    early_market="first_half_moneyline",
    early_share=0.5,
    player_market="player_points",
    star_share=0.24,
    star_mean=27.0,
    rapid=True,
)
BASEBALL = Sport(
    league="mlb",
    category="baseball",
    outdoor=True,
    slots=4,
    play_ms=9 * MINUTE_MS,
    clock=None,
    mean_points=4.5,
    margin_sd=4.2,
    total_sd=4.2,
    home_edge=0.3,
    strength_sd=0.6,
    early_market="first_5_innings_moneyline",
    early_share=5 / 9,
    player_market="player_runs_batted_in",
    star_share=0.2,
    star_mean=0.9,
)
HOCKEY = Sport(
    league="nhl",
    category="hockey",
    outdoor=False,
    slots=3,
    play_ms=9 * MINUTE_MS,
    clock=Clock(("P1", "P2", "P3"), 1200, 300, sudden_death=True, overtimes=1, shootout=True),
    mean_points=3.0,
    margin_sd=2.4,
    total_sd=2.4,
    home_edge=0.25,
    strength_sd=0.4,
    early_market="first_period_moneyline",
    early_share=1 / 3,
    player_market="player_goals",
    star_share=0.2,
    star_mean=0.6,
)
SPORTS = (FOOTBALL, BASKETBALL, BASEBALL, HOCKEY)
