"""Any schedule of joins, leaves, stalls, drops and resets: each client's own inflater reads exactly what it should see.

The stream is what the subscribers of a sweep get, plain or compressed; beside each of them stands the naive queue.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inflating import Inflater
from naive import shrink
from recording import RecordingOutlet

import workers.deflated
import workers.sweep
from broker.frames import text_frame
from workers.deflated import WindowBits
from workers.stream import Stream
from workers.subscriber import CHECKS_UNTIL_FROZEN, Subscriber
from workers.sweep import Sweep

RESET_EVENTS = 5
RESET_SECONDS = 3.0
WINDOWS: tuple[WindowBits | None, ...] = (None, 12, 15)
BOOKS = ("BetMGM", "DraftKings", "FanDuel")


class MisreadError(Exception):
    """A client couldn't make sense of what it got, or read something else."""


class Client:
    """A subscriber, its socket and its decompressor.

    Args:
        window_bits: None for a client without compression.
    """

    def __init__(self, conn_id: int, sweep: Sweep, window_bits: WindowBits | None) -> None:
        self._inflater = Inflater(window_bits or 15)
        self._window_bits = window_bits
        self.outlet = RecordingOutlet(self._written)
        self.subscriber = Subscriber(conn_id, "odds", sweep.stream.head, self.outlet, "drop", window_bits)
        self.read = 0
        self.plain_bytes = 0
        sweep.join(self.subscriber)

    def _written(self, data: bytes) -> None:
        try:
            messages = self._inflater.read(data)
        except Exception as error:
            raise MisreadError from error
        # The sweep has moved it on already: what was written are the events up to there.
        first = self.subscriber.position - len(messages)
        if messages != [text(number) for number in range(first, self.subscriber.position)]:
            raise MisreadError
        self.read += len(messages)
        self.plain_bytes += sum(len(text_frame(message)) for message in messages)

    @property
    def is_well(self) -> bool:
        """Whether it has read compressed frames, if and only if it could."""
        return self._window_bits is not None or self._inflater.compressed == 0


def text(number: int) -> bytes:
    """The event at a position: much like its neighbours, now and then long and unlike any."""
    if number % 17 == 3:
        return bytes(33 + (number * 7 + place * place * 31) % 90 for place in range(200 + number % 300))
    return b'{"type":"price_change","book":"%s","n":%d}' % (BOOKS[number % len(BOOKS)].encode(), number)


Step = tuple[str, int, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(
            ("feed", "feed", "feed", "join", "leave", "stall", "freeze", "resume", "sweep", "slice", "wait")
        ),
        st.integers(0, 30),
        st.integers(0, 2),
    ),
    max_size=120,
)


class Schedule:
    """Carries out steps on a sweep."""

    def __init__(self) -> None:
        self.sweep = Sweep(Stream())
        self.clients: list[Client] = []
        self.gone: list[Client] = []
        self.seconds = 0.0

    def carry_out(self, step: Step) -> None:
        """Do one step."""
        what, amount, kind = step
        chosen = self.clients[amount % len(self.clients)] if self.clients else None
        match what:
            case "feed":
                head = self.sweep.stream.head
                self.sweep.feed([text_frame(text(head + number)) for number in range(amount % 9)], self.seconds)
            case "join":
                self.clients.append(Client(len(self.clients) + len(self.gone), self.sweep, WINDOWS[kind]))
            case "wait":
                self.seconds += amount / 10
            case "sweep":
                self.finish()
            case "slice":
                self.sweep.begin()
                self.sweep.slice()
            case _ if chosen:
                self._afflict(what, chosen)

    def finish(self) -> None:
        """Visit all."""
        for _ in range(2):
            self.sweep.begin()
            while self.sweep.slice():
                pass

    def check(self) -> None:
        """All have got what they should, and it was counted right."""
        for client in tuple(self.clients):
            self._afflict("resume", client)
        self.finish()
        everybody = [*self.clients, *self.gone]
        assert all(client.is_well for client in everybody)
        assert all(client.subscriber.position == self.sweep.stream.head for client in self.clients)
        assert self.sweep.delivered == sum(client.read for client in everybody)
        assert self.sweep.plain_bytes == sum(client.plain_bytes for client in everybody)
        assert self.sweep.sent_bytes == sum(len(client.outlet.written) for client in everybody)

    def _afflict(self, what: str, client: Client) -> None:
        subscriber = client.subscriber
        match what:
            case "leave":
                self.sweep.leave(subscriber)
                self.clients.remove(client)
                self.gone.append(client)
            case "stall" if subscriber.writable:
                client.outlet.unsent = 1
                self.sweep.stall(subscriber)
            case "freeze" if not subscriber.writable:
                for _ in range(CHECKS_UNTIL_FROZEN):
                    self.sweep.check_stalled()
            case "resume" if not subscriber.writable:
                self.sweep.drop_overflow(subscriber)
                self.sweep.resume(subscriber)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Resets, drops and portions come quickly when a handful of events is many."""
    shrink(monkeypatch)
    monkeypatch.setattr(workers.deflated, "RESET_EVENTS", RESET_EVENTS)
    monkeypatch.setattr(workers.deflated, "RESET_SECONDS", RESET_SECONDS)
    yield


FUNCTION_FIXTURE = [HealthCheck.function_scoped_fixture]
"""The limits are the same for all examples."""


@settings(max_examples=400, deadline=None, suppress_health_check=FUNCTION_FIXTURE)
@given(STEPS)
def test_any_schedule_is_read_exactly(steps: list[Step]) -> None:
    schedule = Schedule()
    for step in steps:
        schedule.carry_out(step)
    schedule.check()


BUSY: list[Step] = [
    step
    for round_ in range(60)
    for step in (
        ("join", 0, round_ % 3),
        ("feed", 1 + round_ % 8, 0),
        ("sweep", 0, 0),
        ("stall", round_, 0),
        ("feed", 8, 0),
        ("freeze", round_, 0),
        ("feed", 8, 0),
        ("resume", round_, 0),
        ("wait", round_ % 30, 0),
    )
]
"""A schedule in which everything happens."""


def test_a_busy_schedule_compresses_and_drops() -> None:
    schedule = Schedule()
    for step in BUSY:
        schedule.carry_out(step)
    schedule.check()
    assert schedule.sweep.dropped > 0
    assert schedule.sweep.sent_bytes < schedule.sweep.plain_bytes * 0.7


def test_whoever_leaves_is_compressed_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule()
    for step in (("join", 0, 2), ("feed", 5, 0), ("leave", 0, 0)):
        schedule.carry_out(step)
    monkeypatch.delattr("zlib.compressobj")
    monkeypatch.delattr(workers.deflated.Deflated, "append")
    schedule.carry_out(("feed", 5, 0))


def test_without_the_reset_rule_clients_misread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the checks above do find a stream that is sent compressed to whoever can't read it."""

    def as_if_there_were_no_rule(
        deflated: workers.deflated.Deflated, position: int, limit: int, _context: int
    ) -> object:
        return deflated._compressed(position, limit)

    monkeypatch.setattr(workers.deflated.Deflated, "since", as_if_there_were_no_rule)
    schedule = Schedule()
    with pytest.raises(MisreadError):
        for step in BUSY:
            schedule.carry_out(step)


def test_nor_may_a_reset_keep_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other negative control: a reset that is none is found as well."""

    def in_name_only(deflated: workers.deflated.Deflated, position: int, seconds: float) -> None:
        deflated._resets.append(position)
        deflated._reset_position, deflated._reset_seconds, deflated._is_awaited = position, seconds, False

    monkeypatch.setattr(workers.deflated.Deflated, "_reset", in_name_only)
    schedule = Schedule()
    with pytest.raises(MisreadError):
        for step in BUSY:
            schedule.carry_out(step)
