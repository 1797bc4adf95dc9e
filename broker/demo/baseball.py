"""Baseball, batter by batter. The period is the half-inning, `T1` to `B9` and on; there is no clock."""

from itertools import count
from random import Random

from msgspec import Struct

from broker.demo.clocked import OVERTIME_LEFT
from broker.demo.script import AWAY, HOME, Match, Moment, Script, Side, Tally
from broker.demo.teams import players

INNINGS = 9
HALVES = 2 * INNINGS
BATTERS_PER_GAME = 76
"""Whom the compressed length of a game is shared by."""
OUTS = 3
LINEUP = 8
"""Batters named besides the star."""


class Outcome(Struct, frozen=True):
    """What a batter does.

    Args:
        weight: out of 1000 batters.
        bases: how far everyone moves; 0 is an out.
    """

    text: str
    weight: int
    bases: int


OUTCOMES = (
    Outcome("strikes out", 220, 0),
    Outcome("grounds out", 230, 0),
    Outcome("flies out", 220, 0),
    Outcome("walks", 85, 1),
    Outcome("singles", 155, 1),
    Outcome("doubles", 50, 2),
    Outcome("triples", 6, 3),
    Outcome("homers", 34, 4),
)
WEIGHTS = tuple(outcome.weight for outcome in OUTCOMES)


class Baseball:
    """One game of baseball."""

    def __init__(self, match: Match, rng: Random) -> None:
        self._match = match
        self._rng = rng
        self._tally = Tally()
        self._lineups = players(rng, LINEUP), players(rng, LINEUP)
        self._at_ms = 0.0

    def moments(self) -> Script:
        """Play to the end; the last moment is the final state."""
        for half in count():
            if half >= HALVES and half % 2 == 0 and not self._tally.level:
                return
            if half >= HALVES - 1 and half % 2 and self._home_leads():
                return
            yield from self._half(half)

    def _half(self, half: int) -> Script:
        side = HOME if half % 2 else AWAY
        outs = 0
        # As the league has it, an extra inning begins with a runner on second: few of them are needed.
        runners = [2] if half >= HALVES else []
        yield self._moment(half, outs, "Mid-inning" if half % 2 else "New inning")
        while outs < OUTS:
            self._at_ms += self._match.sport.play_ms / BATTERS_PER_GAME * self._rng.uniform(0.6, 1.4)
            star = self._rng.random() < self._match.sport.star_share
            name = self._match.stars[side] if star else self._rng.choice(self._lineups[side])
            outcome = self._bat(side)
            if outcome.bases == 0:
                outs += 1
            runs = _advance(runners, outcome.bases)
            self._tally.add(side, runs, runs if star else 0)
            yield self._moment(half, outs, f"{name} {outcome.text}{_scored(runs)}")
            if half >= HALVES - 1 and half % 2 and self._home_leads():
                return

    def _bat(self, side: Side) -> Outcome:
        outcome = self._rng.choices(OUTCOMES, WEIGHTS)[0]
        if outcome.bases == 0 and self._rng.random() < (self._match.tilt(side) - 1) / 2:
            # The better side gets some of its outs back as a second try.
            return self._rng.choices(OUTCOMES, WEIGHTS)[0]
        return outcome

    def _home_leads(self) -> bool:
        home, away = self._tally.score
        return home > away

    def _moment(self, half: int, outs: int, text: str) -> Moment:
        return Moment(
            at_ms=int(self._at_ms),
            period=f"{'B' if half % 2 else 'T'}{half // 2 + 1}",
            clock=None,
            left=1 - (half + outs / OUTS) / HALVES if half < HALVES else OVERTIME_LEFT,
            score=self._tally.score,
            stars=self._tally.stars,
            text=f"{text} ({outs} out)",
        )


def _advance(runners: list[int], bases: int) -> int:
    """Move everyone on by so many bases; the runs that makes. Runners are the bases that they stand on."""
    if bases == 0:
        return 0
    moved = [runner + bases for runner in (0, *runners)]
    runners[:] = [runner for runner in moved if runner <= 3]
    return len(moved) - len(runners)


def _scored(runs: int) -> str:
    return f", {runs} scored" if runs else ""
