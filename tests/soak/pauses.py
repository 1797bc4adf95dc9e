"""How long a process that ended may stay away by the rule that operators are told. Pure."""

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
JITTER = 1.2
STABLE_SECONDS = 60.0


class Pauses:
    """The pauses of one service's processes before they are started again."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._ready_at: dict[str, float] = {}

    def next(self, child: str, now: float) -> float:
        """A process is about to end: the longest pause that may follow, in seconds."""
        if now - self._ready_at.get(child, now) >= STABLE_SECONDS:
            self._seconds.pop(child, None)
        pause = self._seconds.get(child, FIRST_SECONDS)
        self._seconds[child] = min(2 * pause, LONGEST_SECONDS)
        return pause * JITTER

    def ready(self, child: str, now: float) -> None:
        """Another process is there."""
        self._ready_at[child] = now

    def forget(self, *children: str) -> None:
        """These are started for the first time again."""
        for child in children:
            self._seconds.pop(child, None)
            self._ready_at.pop(child, None)
