"""All posts together: whether the service as a whole is well, and how that is told in a line. Pure."""

from collections.abc import Iterable

from msgspec import Struct

from broker.post import Phase

TICK_SECONDS = 0.25
ASLEEP_SECONDS = 1.0
"""A tick that comes so much too late means that we were stopped ourselves: nobody else is judged by that time."""
UNKILLABLE_SECONDS = 10.0
"""A process that was killed and hasn't ended by then hangs in the kernel: only a restart of the whole may help."""


class Vigil:
    """Notices when it was asleep itself.

    Args:
        now: in seconds of a steady clock.
    """

    def __init__(self, now: float) -> None:
        self._last = now

    def slept(self, now: float) -> float:
        """To be called with each tick: for how many seconds nobody looked, 0 for the usual pause."""
        late, self._last = now - self._last - TICK_SECONDS, now
        return late if late >= ASLEEP_SECONDS else 0.0


class Standing(Struct, frozen=True):
    """How one post stands.

    Args:
        name: of its process.
        phase: where it is.
        seconds: for how long.
        subscribers: those it has said that it has.
    """

    name: str
    phase: Phase
    seconds: float
    subscribers: int = 0


def is_well(standings: Iterable[Standing]) -> bool:
    """Whether all that is amiss can be mended from here: if not, systemd's watchdog is to do it."""
    return not any(each.phase is Phase.LATE and each.seconds >= UNKILLABLE_SECONDS for each in standings)


def status(standings: Iterable[Standing], cap: int) -> str:
    """One line for people: what works, and what doesn't."""
    standings = tuple(standings)
    ready = sum(each.phase is Phase.READY for each in standings)
    subscribers = sum(each.subscribers for each in standings)
    amiss = [f"{each.name} {each.phase.value}" for each in standings if each.phase is not Phase.READY]
    return "; ".join([f"{subscribers} of {cap} subscribers, {ready} of {len(standings)} processes ready", *amiss])
