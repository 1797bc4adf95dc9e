"""The broker's answers to its workers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
import structlog
from builders import NOW_MS, game, outage, payload, seen
from structlog.typing import FilteringBoundLogger

import broker.desk
from broker.desk import ROUND_PARTS, Desk
from broker.journal import Journal, JournalError
from broker.messages import (
    CatchUpWanted,
    Counts,
    Hello,
    Image,
    KeyRecord,
    Keys,
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatsCalled,
    KeySeatsTold,
    KeySeatWanted,
    Registered,
    Replay,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    SeatsReturned,
    SeatsWanted,
    ToWorker,
)
from broker.publisher import fragments
from broker.relay import Batch, Relay
from broker.reports import WorkerReport
from broker.rounds import ROUND_SECONDS
from broker.seats import Seats

RUN = 7
KEY = KeyRecord("k", b"d", ("live",), None, 1)
LOG = cast(FilteringBoundLogger, structlog.get_logger())


class Office:
    """A desk with its surroundings."""

    def __init__(self, data_dir: Path, expected: tuple[int, ...] = ()) -> None:
        self.sent: list[tuple[int, ToWorker]] = []
        self.watched: list[int] = []
        self.published: list[bytes] = []
        self.timers: list[tuple[float, Callable[[], object]]] = []
        self.journal = Journal(data_dir, "checkpoint")
        self.relay = Relay(self.journal, self.published.append, outage(), lambda _changes: None)
        seats = Seats[int](3, 100, expected)
        self.desk = Desk(RUN, self.relay, self.journal, seats, self._send, self.watched.append, self._later, LOG)

    def observe(self, number: int) -> None:
        self.relay.take([Batch(b"%d" % number, payload([seen(game(f"g{number}", status="live"))]))], NOW_MS)

    def told(self) -> list[tuple[int, ToWorker]]:
        """What was sent since this was last asked."""
        sent, self.sent = self.sent, []
        return sent

    def call(self) -> float:
        """Call what is to be called first, and give the seconds after which it was to be."""
        seconds, callback = self.timers.pop(0)
        callback()
        return seconds

    def _send(self, worker: int, message: ToWorker) -> None:
        self.sent.append((worker, message))

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        self.timers.append((seconds, callback))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.journal.close()


def register(office: Office, *workers: int) -> None:
    for worker in workers:
        office.desk.handle(worker, Hello(RUN, 0, {}))
    office.told()


def test_a_worker_is_registered_told_the_keys_and_watched(office: Office) -> None:
    office.desk.set_keys([KEY])
    office.desk.handle(1, Hello(RUN, 0, {}))
    assert office.told() == [(1, Registered(RUN)), (1, Keys((KEY,)))]
    assert office.watched == [1]
    assert office.desk.staff.reports == (WorkerReport("", 1, None),)


def test_a_repeated_hello_is_answered_again_and_counts_once(office: Office) -> None:
    office.desk.handle(1, Hello(RUN, 1, {"k": 1}))
    office.desk.handle(1, SeatsReturned(RUN, 1))
    office.told()
    office.desk.handle(1, Hello(RUN, 1, {"k": 1}))
    assert office.told() == [(1, Registered(RUN)), (1, Keys(()))]
    assert office.watched == [1]
    office.desk.handle(1, SeatsWanted(RUN, 3, 0))
    assert office.told() == [(1, SeatsGranted(RUN, 100, 3))]


def test_seats_are_granted_called_back_and_denied(office: Office) -> None:
    register(office, 1, 2)
    office.desk.handle(1, SeatsWanted(RUN, 1, 64))
    office.desk.handle(2, SeatsWanted(RUN, 1, 0))
    office.desk.handle(1, SeatsReturned(RUN, 0, 1))
    assert office.told() == [
        (1, SeatsGranted(RUN, 100, 3)),
        (1, SeatsRecalled(RUN, 1)),
        (2, SeatsDenied(RUN, 1)),
    ]


def test_a_round_is_ended_when_all_parts_of_its_time_are_over(office: Office) -> None:
    register(office, 1, 2)
    office.desk.handle(1, SeatsWanted(RUN, 1, 64))
    office.desk.handle(2, SeatsWanted(RUN, 1, 0))
    office.told()
    for _ in range(ROUND_PARTS):
        assert office.told() == []
        assert office.call() == ROUND_SECONDS / ROUND_PARTS
    assert office.told() == [(2, SeatsDenied(RUN, 1))]
    assert office.timers == []


def test_a_round_of_key_seats_is_ended_likewise(office: Office) -> None:
    office.desk.set_keys([KEY])
    register(office, 1, 2)
    office.desk.handle(1, KeySeatWanted(RUN, 1, "k"))
    office.desk.handle(2, KeySeatWanted(RUN, 2, "k"))
    assert office.told()[1:] == [(1, KeySeatsCalled(RUN, 1))]
    for _ in range(ROUND_PARTS):
        office.call()
    assert office.told() == [(2, KeySeatAnswer(RUN, 2, "k", granted=False))]


def test_what_was_meant_for_another_broker_is_dropped(office: Office) -> None:
    register(office, 1)
    for message in (
        Hello(RUN - 1, 3, {}),
        SeatsWanted(RUN - 1, 1, 0),
        SeatsReturned(RUN - 1, 1, 1),
        KeySeatWanted(RUN - 1, 1, "k"),
        KeySeatReturned(RUN - 1, "k"),
        KeySeatsTold(RUN - 1, 1),
        CatchUpWanted(RUN - 1, 0),
    ):
        office.desk.handle(1, message)
        office.desk.handle(2, message)
    assert office.told() == []
    assert office.watched == [1]


def test_the_seats_of_a_worker_that_is_gone_go_to_who_waits(office: Office) -> None:
    register(office, 1, 2)
    office.desk.handle(1, SeatsWanted(RUN, 3, 0))
    office.desk.handle(2, SeatsWanted(RUN, 1, 0))
    office.told()
    office.desk.gone(1)
    assert office.told() == [(2, SeatsGranted(RUN, 103, 1))]
    assert set(office.desk.staff) == {2}


def test_a_new_broker_answers_only_when_all_holdings_are_known(tmp_path: Path) -> None:
    office = Office(tmp_path, expected=(1, 2, 3))
    office.desk.set_keys([KEY])
    office.desk.handle(1, Hello(RUN, 2, {}))
    office.desk.handle(1, SeatsWanted(RUN, 1, 0))
    office.desk.handle(1, KeySeatWanted(RUN, 5, "k"))
    office.desk.handle(2, Hello(RUN, 0, {"k": 1}))
    assert {type(message) for _, message in office.told()} == {Registered, Keys}
    office.desk.gone(3)
    assert office.told() == [(1, SeatsGranted(RUN, 100, 1)), (2, KeySeatsCalled(RUN, 1))]
    office.desk.handle(2, KeySeatsTold(RUN, 1))
    assert office.told() == [(1, KeySeatAnswer(RUN, 5, "k", granted=False))]
    office.journal.close()


def test_key_seats_are_counted_over_all_workers(office: Office) -> None:
    office.desk.set_keys([KEY])
    register(office, 1, 2)
    office.desk.handle(1, KeySeatWanted(RUN, 1, "k"))
    office.desk.handle(2, KeySeatWanted(RUN, 2, "k"))
    office.desk.handle(1, KeySeatsTold(RUN, 1))
    office.desk.handle(1, KeySeatReturned(RUN, "k"))
    office.desk.handle(2, KeySeatWanted(RUN, 3, "k"))
    office.desk.gone(2)
    office.desk.handle(1, KeySeatWanted(RUN, 4, "k"))
    answers = [message.granted for _, message in office.told() if isinstance(message, KeySeatAnswer)]
    assert answers == [True, False, True, True]


def test_a_raised_limit_lets_in_who_waits(office: Office) -> None:
    office.desk.set_keys([KEY])
    register(office, 1, 2)
    office.desk.handle(1, KeySeatWanted(RUN, 1, "k"))
    office.desk.handle(2, KeySeatWanted(RUN, 2, "k"))
    office.told()
    office.desk.set_keys([KeyRecord("k", b"d", ("live",), None, 2)])
    assert office.told()[2:] == [(2, KeySeatAnswer(RUN, 2, "k", granted=True))]


def test_new_keys_are_told_to_all(office: Office) -> None:
    register(office, 1, 2)
    office.desk.set_keys([KEY])
    assert office.told() == [(1, Keys((KEY,))), (2, Keys((KEY,)))]


def test_counts_are_kept_of_workers_that_are_known(office: Office) -> None:
    register(office, 1)
    for worker in (1, 2):
        office.desk.handle(worker, Counts(live=3))
    assert office.desk.staff.reports == (WorkerReport("", 1, Counts(live=3)),)


def test_a_worker_that_missed_some_commits_gets_them_out_of_the_journal(office: Office) -> None:
    for number in range(3):
        office.observe(number)
    seqs = [0, 2, 4, 6]
    assert office.relay.head_seq == seqs[-1]
    for missed, since in enumerate(reversed(seqs)):
        office.desk.handle(1, CatchUpWanted(RUN, since))
        assert office.told() == [(1, Replay(RUN, tuple(office.published[3 - missed :])))]


def test_a_long_replay_comes_in_portions(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker.desk, "REPLAY_LIMIT_BYTES", 1)
    for number in range(2):
        office.observe(number)
    office.desk.handle(1, CatchUpWanted(RUN, 0))
    assert office.told() == [(1, Replay(RUN, tuple(office.published[:1])))]


@pytest.mark.parametrize("since", [-1, 99])
def test_a_worker_that_knows_nothing_or_another_past_gets_the_whole_picture(office: Office, since: int) -> None:
    for number in range(2):
        office.observe(number)
    office.desk.handle(1, CatchUpWanted(RUN, since))
    live = fragments([game("g0", status="live"), game("g1", status="live")])
    assert office.told() == [(1, Image(RUN, 4, live))]


def test_what_the_journal_holds_no_more_is_answered_by_the_whole_picture(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        office.observe(number)
    office.journal._db.execute("DELETE FROM commits WHERE last_seq <= 2")
    office.desk.handle(1, CatchUpWanted(RUN, 1))
    office.desk.handle(1, CatchUpWanted(RUN, 2))
    assert [type(message) for _, message in office.told()] == [Image, Replay]


def test_a_journal_that_cannot_be_read_is_answered_by_the_whole_picture(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_seq: int, _limit_bytes: int) -> tuple[bytes, ...]:
        raise JournalError("can't read the database")

    office.observe(1)
    monkeypatch.setattr(office.journal, "since", fail)
    office.desk.handle(1, CatchUpWanted(RUN, 0))
    assert [type(message) for _, message in office.told()] == [Image]
