"""Basketball and hockey: play flows from side to side."""

from random import Random

from broker.demo.script import AWAY, HOME, Match, Play, Side
from broker.demo.teams import players

POSSESSION_SECONDS = (8, 21)
SHOT_CHANCE = 0.49
SHOTS = (("makes a three-pointer", 3, 30), ("makes a driving layup", 2, 40), ("makes a jump shot", 2, 25))
"""Text, points and weight; free throws are the rest."""
FREE_THROWS = ("makes two free throws", 2, 10)
MISSES = ("misses, defensive rebound", "loses the ball", "is blocked", "misses a three-pointer")
SQUAD = 7
"""Players named besides the star."""

SHIFT_SECONDS = (10, 32)
GOAL_CHANCE = 0.035
"""Of one event: about six goals a game."""
CHANCES = ("Faceoff won by", "Shot saved, by", "Shot wide by", "Hit by", "Blocked shot by", "Takeaway by")


class BasketballPlays:
    """Possession by possession."""

    def __init__(self, match: Match, rng: Random) -> None:
        self._match = match
        self._squads = _squads(rng)
        self._side: Side = rng.choice((HOME, AWAY))

    def restart(self, rng: Random) -> None:
        """Toss up for the ball."""
        self._side = rng.choice((HOME, AWAY))

    def next(self, rng: Random) -> Play:
        """Make up the next possession."""
        side = self._side
        self._side = AWAY if side == HOME else HOME
        seconds = rng.randint(*POSSESSION_SECONDS)
        star = rng.random() < self._match.sport.star_share
        name = self._match.stars[side] if star else rng.choice(self._squads[side])
        if rng.random() > SHOT_CHANCE * self._match.tilt(side):
            return Play(seconds, f"{name} {rng.choice(MISSES)}")
        shots = (*SHOTS, FREE_THROWS)
        text, points, _ = rng.choices(shots, [weight for _, _, weight in shots])[0]
        return Play(seconds, f"{name} {text}", side, points, star)


class HockeyPlays:
    """Chance by chance."""

    def __init__(self, match: Match, rng: Random) -> None:
        self._match = match
        self._squads = _squads(rng)

    def restart(self, rng: Random) -> None:
        """Every period begins like every other moment."""

    def next(self, rng: Random) -> Play:
        """Make up the next event on the ice."""
        side = rng.choice((HOME, AWAY))
        seconds = rng.randint(*SHIFT_SECONDS)
        star = rng.random() < self._match.sport.star_share
        name = self._match.stars[side] if star else rng.choice(self._squads[side])
        if rng.random() < GOAL_CHANCE * self._match.tilt(side):
            return Play(seconds, f"Goal by {name}", side, 1, star)
        return Play(seconds, f"{rng.choice(CHANCES)} {name}")


def _squads(rng: Random) -> tuple[list[str], list[str]]:
    return players(rng, SQUAD), players(rng, SQUAD)
