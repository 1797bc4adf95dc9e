"""The service as a whole, out of how each post stands."""

from broker.fleet import ASLEEP_SECONDS, TICK_SECONDS, UNKILLABLE_SECONDS, Standing, Vigil, is_well, status
from broker.post import Phase

BROKER = Standing("broker", Phase.READY, 100.0)
WORKER = Standing("worker-1", Phase.READY, 100.0, 12)


def test_the_usual_pause_is_no_sleep() -> None:
    vigil = Vigil(0.0)
    assert vigil.slept(TICK_SECONDS) == 0.0
    assert vigil.slept(2 * TICK_SECONDS + ASLEEP_SECONDS / 2) == 0.0


def test_a_tick_much_too_late_tells_for_how_long_nobody_looked() -> None:
    vigil = Vigil(0.0)
    assert vigil.slept(60.0 + TICK_SECONDS) == 60.0
    assert vigil.slept(60.0 + 2 * TICK_SECONDS) == 0.0


def test_all_that_can_be_mended_is_well() -> None:
    for phase in Phase:
        assert is_well([BROKER, Standing("worker-1", phase, UNKILLABLE_SECONDS - 0.1)])


def test_a_killed_process_that_does_not_end_is_not() -> None:
    assert not is_well([BROKER, Standing("worker-1", Phase.LATE, UNKILLABLE_SECONDS)])


def test_the_status_says_what_works() -> None:
    assert status([BROKER, WORKER], 20) == "12 of 20 subscribers, 2 of 2 processes ready"


def test_the_status_names_what_does_not() -> None:
    other = Standing("worker-2", Phase.BACKOFF, 1.0)
    assert status([BROKER, WORKER, other], 20) == "12 of 20 subscribers, 2 of 3 processes ready; worker-2 backoff"
