"""American football, drive by drive."""

from random import Random

from broker.demo.script import AWAY, HOME, Match, Play, Side
from broker.demo.teams import players

PLAY_SECONDS = (17, 36)
FIELD_GOAL_RANGE_YARD = 62
"""Counted from the own goal line: from here on a fourth down is kicked."""
TOUCHBACK_YARD = 28
PUNT_YARDS = 44
INCOMPLETE_CHANCE = 0.27
TURNOVER_CHANCE = 0.022
FIELD_GOAL_CHANCE = 0.86
GAIN_YARDS = 8.3
GAIN_SD_YARDS = 6.5


class FootballPlays:
    """Downs, field goals, punts and turnovers; a touchdown comes with its extra points."""

    def __init__(self, match: Match, rng: Random) -> None:
        self._match = match
        self._runners = players(rng, 2)
        self._kickers = players(rng, 2)
        self._side: Side = rng.choice((HOME, AWAY))
        self._yard, self._down, self._to_go = TOUCHBACK_YARD, 1, 10

    def restart(self, rng: Random) -> None:
        """Drives go on over the end of a quarter."""

    def next(self, rng: Random) -> Play:
        """Make up the next play from down, distance and field position."""
        seconds = rng.randint(*PLAY_SECONDS)
        if self._down == 4:
            return self._field_goal(seconds, rng) if self._yard >= FIELD_GOAL_RANGE_YARD else self._punt(seconds)
        chance = rng.random()
        if chance < TURNOVER_CHANCE:
            self._turn_over()
            return self._play(seconds, f"Intercepted, ball to {self._match.abbreviation(self._side)}")
        if chance < TURNOVER_CHANCE + INCOMPLETE_CHANCE:
            self._down += 1
            return self._play(seconds, "Pass incomplete")
        return self._gain(seconds, rng)

    def _gain(self, seconds: int, rng: Random) -> Play:
        yards = max(-6, round(rng.gauss(GAIN_YARDS * self._match.tilt(self._side), GAIN_SD_YARDS)))
        self._yard = max(1, self._yard + yards)
        self._to_go -= yards
        self._down += 1
        star = rng.random() < self._match.sport.star_share
        name = self._match.stars[self._side] if star else self._runners[self._side]
        if self._yard >= 100:
            return self._score(seconds, f"{name} scores a touchdown", rng.choices((7, 6, 8), (90, 6, 4))[0], star)
        if self._to_go <= 0:
            self._down, self._to_go = 1, min(10, 100 - self._yard)
        return self._play(seconds, f"{name} for {yards} yards")

    def _field_goal(self, seconds: int, rng: Random) -> Play:
        name = self._kickers[self._side]
        kick = f"{name} {100 - self._yard + 17}-yard field goal"
        if rng.random() < FIELD_GOAL_CHANCE:
            return self._score(seconds, f"{kick} is good", 3, star=False)
        self._turn_over()
        return self._play(seconds, f"{kick} is no good")

    def _punt(self, seconds: int) -> Play:
        self._start_drive(_other(self._side), max(20, 100 - self._yard - PUNT_YARDS))
        return self._play(seconds, f"Punt, ball to {self._match.abbreviation(self._side)}")

    def _score(self, seconds: int, text: str, points: int, star: bool) -> Play:
        side = self._side
        self._start_drive(_other(side), TOUCHBACK_YARD)
        return Play(seconds, text, side, points, star)

    def _turn_over(self) -> None:
        self._start_drive(_other(self._side), max(1, 100 - self._yard))

    def _start_drive(self, side: Side, yard: int) -> None:
        self._side, self._yard = side, yard
        self._down, self._to_go = 1, min(10, 100 - yard)

    def _play(self, seconds: int, text: str) -> Play:
        return Play(seconds, text, situation=self._situation())

    def _situation(self) -> str:
        down = ("1st", "2nd", "3rd", "4th")[self._down - 1]
        own = self._yard <= 50
        territory = self._match.abbreviation(self._side if own else _other(self._side))
        distance = "Goal" if self._to_go >= 100 - self._yard else self._to_go
        return f"{down} & {distance} at {territory} {self._yard if own else 100 - self._yard}"


def _other(side: Side) -> Side:
    return AWAY if side == HOME else HOME
