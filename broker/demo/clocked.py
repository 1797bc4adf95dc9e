"""Plays a game with a clock: periods that count down, breaks, overtime, shootout."""

from collections.abc import Iterator
from itertools import count
from random import Random

from broker.demo.script import AWAY, HOME, Match, Moment, Play, Plays, Script, Tally
from broker.demo.sports import Clock

BREAK_MS = 8_000
"""Between periods: long enough to be seen, short enough not to bore."""
OVERTIME_LEFT = 0.05
"""How open a game is at the start of an overtime, as a share of a whole one."""


def play_clocked(match: Match, clock: Clock, plays: Plays, rng: Random) -> Script:
    """Play a game to its end; the last moment is the final state."""
    return _ClockedGame(match, clock, plays, rng).moments()


class _ClockedGame:
    def __init__(self, match: Match, clock: Clock, plays: Plays, rng: Random) -> None:
        self._clock = clock
        self._plays = plays
        self._rng = rng
        self._tally = Tally()
        self._regulation_seconds = len(clock.periods) * clock.period_seconds
        self._ms_per_second = match.sport.play_ms / self._regulation_seconds
        # A star's tally counts what his market does: points in basketball, else scores.
        self._star_points_count = match.sport.rapid
        self._at_ms = 0.0

    def moments(self) -> Iterator[Moment]:
        for number in count():
            overtime = number - len(self._clock.periods)
            if overtime >= 0 and not self._tally.level:
                return
            if overtime == self._clock.overtimes:
                break
            yield from self._period(number)
            self._at_ms += BREAK_MS
        if self._clock.shootout:
            yield self._shootout()

    def _period(self, number: int) -> Iterator[Moment]:
        regular = number < len(self._clock.periods)
        seconds_left = self._clock.period_seconds if regular else self._clock.overtime_seconds
        name = self._name(number)
        self._plays.restart(self._rng)
        yield self._moment(number, seconds_left, Play(0, f"Start of {name}"))
        while (play := self._plays.next(self._rng)).seconds < seconds_left:
            self._at_ms += play.seconds * self._ms_per_second
            seconds_left -= play.seconds
            self._count(play)
            yield self._moment(number, seconds_left, play)
            if play.points and not regular and self._clock.sudden_death:
                return
        self._at_ms += seconds_left * self._ms_per_second
        yield self._moment(number, 0, Play(0, f"End of {name}"))

    def _count(self, play: Play) -> None:
        if play.points:
            worth = play.points if self._star_points_count else 1
            self._tally.add(play.side, play.points, worth if play.star else 0)

    def _shootout(self) -> Moment:
        side = self._rng.choice((HOME, AWAY))
        self._tally.add(side, 1, 0)
        return Moment(int(self._at_ms), "SO", None, 0, self._tally.score, self._tally.stars, "Shootout decided")

    def _moment(self, number: int, seconds_left: int, play: Play) -> Moment:
        return Moment(
            at_ms=int(self._at_ms),
            period=self._name(number),
            clock=f"{seconds_left // 60}:{seconds_left % 60:02}",
            left=self._left(number, seconds_left),
            score=self._tally.score,
            stars=self._tally.stars,
            text=play.text,
            situation=play.situation,
        )

    def _left(self, number: int, seconds_left: int) -> float:
        periods_left = len(self._clock.periods) - number - 1
        if periods_left < 0:
            return OVERTIME_LEFT * seconds_left / self._clock.overtime_seconds
        return (periods_left * self._clock.period_seconds + seconds_left) / self._regulation_seconds

    def _name(self, number: int) -> str:
        regular = len(self._clock.periods)
        if number < regular:
            return self._clock.periods[number]
        return "OT" if number == regular else f"OT{number - regular + 1}"
