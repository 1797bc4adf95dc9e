"""The life of a post: each rule, and any schedule."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.post import (
    BUSY_SECONDS,
    FAILED_STARTS,
    FIRST_PAUSE_SECONDS,
    PAUSE_JITTER,
    SILENCE_SECONDS,
    STABLE_SECONDS,
    START_SECONDS,
    TRANSITIONS,
    Action,
    Happening,
    Phase,
    Post,
)

EVEN = 0.5
"""A random number that leaves pauses as they are."""


def post(jitter: float = EVEN) -> Post:
    return Post(lambda: jitter, 0.0)


def ready(now: float = 1.0) -> Post:
    one = post()
    assert one.ready(now) is None
    assert is_in(one, Phase.READY)
    return one


def is_in(one: Post, phase: Phase) -> bool:
    return one.phase is phase


def spawned_again(one: Post, now: float) -> float:
    """Let the pause pass, to the millisecond; how long it was."""
    assert is_in(one, Phase.BACKOFF)
    pause = 0.0
    while one.tick(now + pause) is None:
        pause += 0.001
    assert is_in(one, Phase.SPAWNED)
    return pause


def test_a_process_that_beats_stays() -> None:
    one = ready()
    for second in range(1, 100):
        one.beat(float(second))
        assert one.tick(float(second) + SILENCE_SECONDS - 0.1) is None
    assert is_in(one, Phase.READY)


def test_a_frozen_process_is_killed_once_and_followed_by_another() -> None:
    one = ready()
    one.beat(10.0)
    assert one.tick(10.0 + SILENCE_SECONDS) is Action.KILL
    assert is_in(one, Phase.LATE)
    assert one.tick(1000.0) is None
    one.beat(1000.0)
    assert one.ready(1000.0) is None
    assert is_in(one, Phase.LATE)
    assert one.exited(1000.0) is None
    spawned_again(one, 1000.0)


def test_a_busy_process_is_given_more_time_but_not_for_ever() -> None:
    one = ready(0.0)
    for second in range(int(BUSY_SECONDS)):
        one.computes(float(second))
        assert one.tick(float(second)) is None
    one.computes(BUSY_SECONDS)
    assert one.tick(BUSY_SECONDS) is Action.KILL


def test_whoever_beats_again_after_a_busy_time_has_all_of_it_again() -> None:
    one = ready(0.0)
    one.computes(20.0)
    one.beat(21.0)
    one.computes(40.0)
    assert one.tick(40.0) is None
    one.computes(51.0)
    assert one.tick(51.0) is Action.KILL


def test_a_post_that_is_not_vital_never_fails() -> None:
    one, now = Post(lambda: EVEN, 0.0, vital=False), 0.0
    for _ in range(3 * FAILED_STARTS):
        assert one.exited(now, hopeless=True) is None
        now += spawned_again(one, now)
    assert one.failed_starts == 3 * FAILED_STARTS


def test_who_never_gets_ready_is_killed_and_has_failed_to_start() -> None:
    one = post()
    assert one.tick(START_SECONDS - 0.1) is None
    assert one.tick(START_SECONDS) is Action.KILL
    one.exited(START_SECONDS)
    assert one.failed_starts == 1
    spawned_again(one, START_SECONDS)


def test_pauses_double_up_to_the_longest() -> None:
    one, now = ready(0.0), 0.0
    for expected in (0.5, 1, 2, 4, 8, 16, 30, 30):
        one.exited(now)
        assert abs(spawned_again(one, now) - expected) < 0.01
        now += expected
        one.ready(now)


def test_a_pause_is_a_little_shorter_or_longer_by_chance() -> None:
    for jitter, expected in ((0.0, 1 - PAUSE_JITTER), (1.0, 1 + PAUSE_JITTER)):
        one = post(jitter)
        one.ready(0.0)
        one.exited(0.0)
        assert abs(spawned_again(one, 0.0) - FIRST_PAUSE_SECONDS * expected) < 0.01


def test_a_stable_process_is_followed_after_the_first_pause() -> None:
    one = ready(0.0)
    for _ in range(5):
        one.exited(0.0)
        spawned_again(one, 0.0)
        one.ready(0.0)
    one.exited(STABLE_SECONDS)
    assert abs(spawned_again(one, STABLE_SECONDS) - FIRST_PAUSE_SECONDS) < 0.01


def test_five_failed_starts_in_a_row_are_the_last() -> None:
    one = ready()
    one.exited(2.0)
    for _ in range(FAILED_STARTS):
        spawned_again(one, 3.0)
        one.exited(3.0)
    assert is_in(one, Phase.FAILED)
    assert one.tick(1e9) is None
    assert one.end(1e9, 1.0) is None
    assert is_in(one, Phase.FAILED)


def test_one_that_dies_later_is_spawned_again_without_end() -> None:
    one = ready()
    for _ in range(10 * FAILED_STARTS):
        one.exited(2.0)
        spawned_again(one, 2.0)
        one.ready(2.0)
    assert is_in(one, Phase.READY)


def test_failed_starts_count_only_in_a_row() -> None:
    one = post()
    for _ in range(3):
        for _ in range(FAILED_STARTS - 1):
            one.exited(0.0)
            spawned_again(one, 0.0)
        one.ready(0.0)
        one.exited(0.0)
        spawned_again(one, 0.0)
    assert is_in(one, Phase.SPAWNED)


def test_a_hopeless_first_start_is_the_last() -> None:
    one = post()
    one.exited(0.1, hopeless=True)
    assert is_in(one, Phase.FAILED)


def test_what_once_worked_may_work_again() -> None:
    one = ready()
    one.exited(2.0)
    spawned_again(one, 2.0)
    one.exited(3.0, hopeless=True)
    assert is_in(one, Phase.BACKOFF)


def test_told_to_end_it_is_terminated_and_then_killed() -> None:
    one = ready()
    assert one.end(10.0, 5.0) is Action.TERMINATE
    assert is_in(one, Phase.DRAINING)
    assert one.end(11.0, 50.0) is None
    assert one.tick(14.9) is None
    assert one.tick(15.0) is Action.KILL
    assert one.tick(100.0) is None
    assert one.exited(101.0) is None
    assert is_in(one, Phase.ENDED)


def test_a_pause_ends_when_told_to_end() -> None:
    one = ready()
    one.exited(2.0)
    assert one.end(2.1, 5.0) is None
    assert is_in(one, Phase.ENDED)


def test_a_late_process_told_to_end_is_not_followed() -> None:
    one = ready()
    one.tick(100.0)
    assert one.end(100.0, 5.0) is None
    one.exited(101.0)
    assert is_in(one, Phase.ENDED)


def test_time_in_which_nobody_listened_is_no_silence() -> None:
    one = ready(0.0)
    one.excuse(60.0)
    assert one.tick(60.0 + SILENCE_SECONDS - 0.1) is None
    assert one.tick(60.0 + SILENCE_SECONDS) is Action.KILL


def test_one_that_does_not_beat_is_never_late() -> None:
    one = Post(lambda: EVEN, 0.0, silence_seconds=None)
    one.ready(1.0)
    one.beat(2.0)
    assert one.tick(1e9) is None


def test_every_phase_but_the_last_two_ends_in_some_way() -> None:
    for phase in Phase:
        leaves = {target for (source, _), (target, _) in TRANSITIONS.items() if source is phase and target is not phase}
        assert bool(leaves) is (phase not in (Phase.FAILED, Phase.ENDED))


def test_only_a_pause_leads_to_a_new_process() -> None:
    spawning = [key for key, (_, action) in TRANSITIONS.items() if action is Action.SPAWN]
    assert spawning == [(Phase.BACKOFF, Happening.OVERDUE)]


class AnySchedule(RuleBasedStateMachine):
    """Whatever happens, in any order: a process is spawned, signalled and followed as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.post = Post(lambda: 0.7, self.now)
        self.alive = True
        self.killed = False
        self.told = False

    def carry_out(self, action: Action | None) -> None:
        if action is Action.SPAWN:
            assert not self.alive
            assert not self.told
            self.alive, self.killed = True, False
        elif action is not None:
            assert self.alive
            assert not self.killed or action is Action.KILL
            self.killed = self.killed or action is Action.KILL

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.0, 5.0, 31.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.carry_out(self.post.tick(self.now))

    @precondition(lambda self: self.alive)
    @rule()
    def it_is_ready(self) -> None:
        self.carry_out(self.post.ready(self.now))

    @precondition(lambda self: self.alive)
    @rule(turns=st.booleans())
    def it_beats_or_computes(self, turns: bool) -> None:
        (self.post.beat if turns else self.post.computes)(self.now)

    @precondition(lambda self: self.alive)
    @rule(hopeless=st.booleans())
    def it_exits(self, hopeless: bool) -> None:
        self.alive = False
        self.carry_out(self.post.exited(self.now, hopeless=hopeless))

    @rule(seconds=st.sampled_from([0.0, 5.0]))
    def it_is_told_to_end(self, seconds: float) -> None:
        self.carry_out(self.post.end(self.now, seconds))
        self.told = True

    @invariant()
    def the_phase_tells_whether_there_is_a_process(self) -> None:
        without = (Phase.BACKOFF, Phase.FAILED, Phase.ENDED)
        assert self.alive is (self.post.phase not in without)

    @invariant()
    def told_to_end_it_ends(self) -> None:
        if self.told:
            assert self.post.phase in (Phase.DRAINING, Phase.ENDED, Phase.FAILED)

    def teardown(self) -> None:
        if self.told or self.post.phase is Phase.FAILED:
            return
        # Whatever was, a process that starts and beats brings the post back.
        for _ in range(3):
            self.time_passes(61.0)
            if self.alive and self.post.phase is Phase.LATE:
                self.it_exits(hopeless=False)
        if self.alive:
            self.it_is_ready()
            assert self.post.phase is Phase.READY


TestAnySchedule = AnySchedule.TestCase
TestAnySchedule.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
