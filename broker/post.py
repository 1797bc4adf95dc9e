"""One post of the service, filled by one process after the other: what becomes of it, by one table. Pure.

A process is SPAWNED until it says that it does its work, then READY as long as its event loop beats. When it doesn't,
it is LATE: killed, its end awaited. After an end that nobody wanted the post is in BACKOFF, and then spawned again. One
that ended before it was ready had a failed start; after several in a row a vital post has FAILED, for whatever is wrong
won't mend itself. Told to end, a process is DRAINING, and after that, or when there was none, the post has ENDED.

                          ┌────────── overdue ─────────┐
    SPAWNED ──ready──▶ READY ──overdue──▶ LATE ◀───────┘ (from SPAWNED)
       ▲ │               │                 │
       │ └───────────────┴─────exited──────┤
       │                                   ▼
       └────────overdue─────────────── BACKOFF          FAILED  (the last of several starts has failed)

    told to end: SPAWNED, READY, LATE ──▶ DRAINING ──exited──▶ ENDED ◀── BACKOFF
"""

from collections.abc import Callable
from enum import Enum

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
PAUSE_JITTER = 0.2
"""A pause is this part shorter or longer, by chance: posts that end together don't come back together."""
STABLE_SECONDS = 60.0
"""A process that was ready for so long is followed without the long pauses that earlier ends had earned."""
START_SECONDS = 30.0
"""Time to get ready in: a large database is read, and a worker waits for its broker."""
SILENCE_SECONDS = 5.0
"""A process whose event loop doesn't beat for so long, and that doesn't compute either, is frozen."""
BUSY_SECONDS = 30.0
"""One that does compute may be in the midst of thousands of handshakes on a starved machine; after so long it hangs."""
FAILED_STARTS = 5
"""So many in a row, some 8 to 16 s with the pauses between, and the post has failed."""


class Phase(Enum):
    """Where a post is."""

    SPAWNED = "spawned"
    READY = "ready"
    LATE = "late"
    DRAINING = "draining"
    BACKOFF = "backoff"
    FAILED = "failed"
    ENDED = "ended"


class Happening(Enum):
    """What may happen to it."""

    IS_READY = "is ready"
    OVERDUE = "overdue"
    EXITED = "exited"
    EXITED_FOR_GOOD = "exited for good"
    TOLD_TO_END = "told to end"


class Action(Enum):
    """What is then to be done."""

    SPAWN = "spawn"
    TERMINATE = "terminate"
    KILL = "kill"


TRANSITIONS: dict[tuple[Phase, Happening], tuple[Phase, Action | None]] = {
    (Phase.SPAWNED, Happening.IS_READY): (Phase.READY, None),
    (Phase.SPAWNED, Happening.OVERDUE): (Phase.LATE, Action.KILL),
    (Phase.SPAWNED, Happening.EXITED): (Phase.BACKOFF, None),
    (Phase.SPAWNED, Happening.EXITED_FOR_GOOD): (Phase.FAILED, None),
    (Phase.SPAWNED, Happening.TOLD_TO_END): (Phase.DRAINING, Action.TERMINATE),
    (Phase.READY, Happening.OVERDUE): (Phase.LATE, Action.KILL),
    (Phase.READY, Happening.EXITED): (Phase.BACKOFF, None),
    (Phase.READY, Happening.TOLD_TO_END): (Phase.DRAINING, Action.TERMINATE),
    (Phase.LATE, Happening.EXITED): (Phase.BACKOFF, None),
    (Phase.LATE, Happening.EXITED_FOR_GOOD): (Phase.FAILED, None),
    (Phase.LATE, Happening.TOLD_TO_END): (Phase.DRAINING, None),
    (Phase.DRAINING, Happening.OVERDUE): (Phase.DRAINING, Action.KILL),
    (Phase.DRAINING, Happening.EXITED): (Phase.ENDED, None),
    (Phase.DRAINING, Happening.EXITED_FOR_GOOD): (Phase.ENDED, None),
    (Phase.BACKOFF, Happening.OVERDUE): (Phase.SPAWNED, Action.SPAWN),
    (Phase.BACKOFF, Happening.TOLD_TO_END): (Phase.ENDED, None),
}
"""What isn't here changes nothing: a line that was under way when its process was killed, for one."""


class Post:
    """One post. Every `now` is in seconds of one steady clock.

    Args:
        jitter: gives a random number from 0 to 1.
        now: the moment at which the caller spawns the first process.
        silence_seconds: after which it is taken for frozen, None for one that doesn't beat.
        vital: whether the service can't do without; if it can, the post never fails.
    """

    def __init__(
        self,
        jitter: Callable[[], float],
        now: float,
        silence_seconds: float | None = SILENCE_SECONDS,
        *,
        vital: bool = True,
    ) -> None:
        self._jitter = jitter
        self._vital = vital
        self._silence_seconds = silence_seconds
        self.phase = Phase.SPAWNED
        self.since = now
        """When the phase began."""
        self._due: float | None = now + START_SECONDS
        """When the phase has lasted too long, None if it can't."""
        self._drain_seconds = 0.0
        self._beat_at = now
        """When its event loop was last known to turn."""
        self._ready_at: float | None = None
        """When its present process got ready, None if it isn't yet."""
        self._ever_ready = False
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self.failed_starts = 0
        """In a row."""

    def ready(self, now: float) -> Action | None:
        """The process says that it does its work now."""
        return self._step(Happening.IS_READY, now)

    def beat(self, now: float) -> None:
        """Its event loop turns."""
        self._beat_at = now
        self.computes(now)

    def computes(self, now: float) -> None:
        """It has used a processor lately, so it isn't frozen; that its event loop turns is not said with that."""
        if self.phase is Phase.READY and self._silence_seconds is not None:
            self._due = min(now + self._silence_seconds, self._beat_at + BUSY_SECONDS)

    def exited(self, now: float, *, hopeless: bool = False) -> Action | None:
        """The process has ended, or couldn't be spawned.

        Args:
            now: the moment.
            hopeless: it says that started like this it can't work. A post that was ready before tries on all the same.
        """
        if self._ready_at is None:
            self.failed_starts += 1
        elif now - self._ready_at >= STABLE_SECONDS:
            self._pause_seconds = FIRST_PAUSE_SECONDS
        failed = self.failed_starts >= FAILED_STARTS or (hopeless and not self._ever_ready)
        return self._step(Happening.EXITED_FOR_GOOD if failed and self._vital else Happening.EXITED, now)

    def end(self, now: float, seconds: float) -> Action | None:
        """Tell the process to end; after so many seconds it is killed."""
        self._drain_seconds = seconds
        return self._step(Happening.TOLD_TO_END, now)

    def tick(self, now: float) -> Action | None:
        """Time has passed."""
        if self._due is None or now < self._due:
            return None
        return self._step(Happening.OVERDUE, now)

    def excuse(self, seconds: float) -> None:
        """For so long nobody listened: silence in that time means nothing."""
        self._beat_at += seconds
        if self._due is not None:
            self._due += seconds

    def _step(self, happening: Happening, now: float) -> Action | None:
        if (self.phase, happening) not in TRANSITIONS:
            return None
        phase, action = TRANSITIONS[self.phase, happening]
        if phase is not self.phase:
            self.phase, self.since = phase, now
        self._due = self._enter(phase, action, now)
        return action

    def _enter(self, phase: Phase, action: Action | None, now: float) -> float | None:
        """Begin a phase; when it has lasted too long, None if it can't."""
        match phase:
            case Phase.SPAWNED:
                self._ready_at = None
                return now + START_SECONDS
            case Phase.READY:
                self._ready_at, self._ever_ready, self.failed_starts = now, True, 0
                self._beat_at = now
                return None if self._silence_seconds is None else now + self._silence_seconds
            case Phase.BACKOFF:
                pause = self._pause_seconds * (1 + PAUSE_JITTER * (2 * self._jitter() - 1))
                self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
                return now + pause
            case Phase.DRAINING if action is not Action.KILL:
                return now + self._drain_seconds
            case _:
                return None
