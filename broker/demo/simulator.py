"""The board: which games are on, from a seed and the time alone. Pure: no clock, no I/O.

Each slot of a league plays one game after the other on a fixed timetable, counted from the Unix epoch, and a game's
course depends on the seed, its slot and its number only. So a feed that is started again goes on with the same games.
"""

from collections.abc import Iterator
from random import Random

from broker.demo.contest import Contest
from broker.demo.fixture import Fixture, make_fixture
from broker.demo.sports import SPORTS, Sport
from broker.demo.teams import roster
from broker.observations import Observation

LISTED_MS = 60_000
"""How long before its start a game is on the board."""
REST_MS = 130_000
"""From the end of regulation play, breaks aside, to the listing of the slot's next game: room for overtime."""
LONGEST_MS = 20 * 60_000
"""No game that was listed earlier is still on."""
GOLDEN_RATIO = 0.618034
"""Multiples of it, modulo 1, are spread most evenly: so slots never start together."""


class Simulator:
    """About a dozen games of four sports and 20 books' prices.

    Args:
        seed: makes the games; the same seed and the same calls give the same observations.
        start_ms: Unix ms at which the feed begins, with games under way.
    """

    def __init__(self, seed: int, start_ms: int) -> None:
        self._now_ms = start_ms
        leagues = [(sport, number) for sport in SPORTS for number in range(sport.slots)]
        self._slots = [
            _Slot(seed, sport, number, place * GOLDEN_RATIO % 1, start_ms)
            for place, (sport, number) in enumerate(leagues)
        ]

    def advance(self, now_ms: int) -> list[Observation]:
        """Everything that changed since the last call.

        Args:
            now_ms: Unix ms; a time before an earlier call's changes nothing.
        """
        self._now_ms = max(self._now_ms, now_ms)
        return [observation for slot in self._slots for observation in slot.advance(self._now_ms)]


class _Slot:
    """One place on the board, and the games that take it in turn.

    Args:
        number: of the slot in its league.
        phase: share of a turn by which its timetable is shifted.
    """

    def __init__(self, seed: int, sport: Sport, number: int, phase: float, start_ms: int) -> None:
        self._seed = seed
        self._sport = sport
        self._number = number
        self._turn_ms = LISTED_MS + sport.play_ms + REST_MS
        self._phase_ms = round(phase * self._turn_ms)
        # Its own teams, so that none plays in two games at once.
        self._teams = roster(sport.league)[number :: sport.slots]
        self._next_turn = self._turn_at(start_ms - LONGEST_MS)
        self._contests: list[Contest] = []

    def advance(self, now_ms: int) -> Iterator[Observation]:
        """What changed in this slot's games."""
        first_turn, turn = self._turn_at(now_ms - LONGEST_MS), self._turn_at(now_ms)
        for new_turn in range(max(self._next_turn, first_turn), turn + 1):
            fixture = self._fixture(new_turn)
            # A game that came and went unseen is not worth telling.
            if fixture.final_ms > now_ms:
                self._contests.append(Contest(fixture, now_ms, self._random("prices", new_turn)))
        self._next_turn = turn + 1
        for contest in self._contests:
            yield from contest.advance(now_ms)
        self._contests = [contest for contest in self._contests if not contest.over]

    def _turn_at(self, now_ms: int) -> int:
        return (now_ms - self._phase_ms) // self._turn_ms

    def _fixture(self, turn: int) -> Fixture:
        rng = self._random("game", turn)
        home, away = rng.sample(self._teams, 2)
        strengths = (self._strength(home.abbreviation_pn), self._strength(away.abbreviation_pn))
        start_ms = turn * self._turn_ms + self._phase_ms + LISTED_MS
        return make_fixture(self._sport, (home, away), strengths, start_ms, rng)

    def _strength(self, team: str | None) -> float:
        return self._random("strength", team).gauss(0, self._sport.strength_sd)

    def _random(self, purpose: str, of: object) -> Random:
        """Chance that depends on nothing but the seed and what it is for."""
        name = f"{self._seed}/{self._sport.league}/{self._number}/{purpose}/{of}"
        return Random(name)  # noqa: S311 a game needs repeatable chance, not secrets
