"""What is done to the service, and what else happens meanwhile: drawn by the seed. Pure."""

from collections import Counter
from collections.abc import Iterator
from enum import Enum
from random import Random

from msgspec import Struct

SHORT_PAUSE_SECONDS = (1.0, 2.0)
"""Of a process that is stopped and goes on: it must not be taken for frozen."""
TOGETHER = 0.2
"""Part of the rounds in which a second fault comes with the first one."""
APART_SECONDS = 1.5
"""The longest time between two faults that come together."""
QUIET = 0.1
"""Part of the rounds without a fault."""
MOST_ENDS = 3
"""Of one process under one supervisor, which pauses longer after each of them: we want faults, and not pauses."""


class Kind(Enum):
    """What is done."""

    KILL = "kill"
    FREEZE = "freeze"
    PAUSE = "pause"
    RELOAD = "reload"
    RESTART = "restart"
    CRASH = "crash"


WEIGHTS = {Kind.KILL: 6, Kind.FREEZE: 3, Kind.PAUSE: 4, Kind.RELOAD: 2, Kind.RESTART: 1, Kind.CRASH: 2}
SUPERVISOR = "supervisor"
OF_CHILDREN = (Kind.KILL, Kind.FREEZE, Kind.PAUSE)
"""Those that come two at once: each process has its own story then."""


class Fault(Struct, frozen=True):
    """One fault.

    Args:
        kind: what is done.
        victim: the name of the process that it is done to.
        seconds: how long after the round's beginning.
        pause_seconds: how long a paused process stands still.
    """

    kind: Kind
    victim: str
    seconds: float
    pause_seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind.value} {self.victim}"


class Round(Struct, frozen=True):
    """What happens together.

    Args:
        faults: none, one or two.
        burst: many observations come at once.
        storm: more clients come than there are seats.
        sleepers: some subscribers stop reading for a while.
        leavers: some subscribers leave and come back.
    """

    faults: tuple[Fault, ...]
    burst: bool
    storm: bool
    sleepers: bool
    leavers: bool


class Draw:
    """One round after the other.

    Args:
        random: decides on everything.
        children: the names of the supervisor's processes.
    """

    def __init__(self, random: Random, children: tuple[str, ...]) -> None:
        self._random = random
        self._children = children
        self._ends: Counter[str] = Counter()

    def round(self) -> Round:
        """The next one."""
        random = self._random
        quiet = random.random() < QUIET
        return Round(
            () if quiet else tuple(self._faults()),
            burst=random.random() < 0.4,
            storm=quiet or random.random() < 0.3,
            sleepers=not quiet and random.random() < 0.4,
            leavers=not quiet and random.random() < 0.4,
        )

    def _faults(self) -> Iterator[Fault]:
        random = self._random
        kind = random.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
        if kind not in OF_CHILDREN:
            self._ends.clear()
            yield Fault(kind, SUPERVISOR, random.uniform(0, APART_SECONDS))
        elif random.random() < TOGETHER:
            for victim in random.sample(self._children, 2):
                yield self._fault(random.choice(OF_CHILDREN), victim)
        else:
            victims = (*self._children, SUPERVISOR) if kind is Kind.PAUSE else self._children
            yield self._fault(kind, random.choice(victims))

    def _fault(self, kind: Kind, victim: str) -> Fault:
        self._ends[victim] += kind is not Kind.PAUSE
        if self._ends[victim] > MOST_ENDS:
            kind = Kind.PAUSE
        pause_seconds = self._random.uniform(*SHORT_PAUSE_SECONDS) if kind is Kind.PAUSE else 0.0
        return Fault(kind, victim, self._random.uniform(0, APART_SECONDS), pause_seconds)
