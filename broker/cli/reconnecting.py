"""Whether and when a subscriber connects again (README, "Close codes"). Pure: chance is handed in."""

from collections.abc import Callable
from http import HTTPStatus

from broker import closing
from broker.closing import Reconnect

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
JITTER_SECONDS = 10.0
"""A restart closes everybody at once: coming back is spread over this time (closing.Reconnect)."""
FINAL_STATUSES = frozenset(
    (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
    )
)
"""Refusals that would be the same next time: what was asked is wrong."""


def after_refusal(status: int) -> bool:
    """Tell whether to try again after this HTTP status."""
    return status not in FINAL_STATUSES


def after_close(code: int, reason: str) -> Reconnect:
    """Look up what a close asks for; a code that the table doesn't have: a growing pause."""
    for row in closing.ALL:
        if row.code == code and reason.startswith(row.reason):
            return row.reconnect
    return Reconnect.BACK_OFF


def pause_seconds(advice: Reconnect, failures: int, uniform: Callable[[float, float], float]) -> float:
    """Choose how long to wait.

    Args:
        advice: what the last close asked for.
        failures: connections in a row that failed or didn't last.
        uniform: `random.uniform`.
    """
    if advice is Reconnect.WITH_JITTER:
        return uniform(0, JITTER_SECONDS)
    # Bounded before the power, which would overflow after a thousand attempts.
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures, 10))
    return uniform(longest / 2, longest)
