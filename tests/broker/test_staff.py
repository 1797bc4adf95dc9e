"""The workers and their counts, those that are gone too."""

from broker.messages import Counts
from broker.reports import WorkerReport
from broker.staff import Staff


def test_a_worker_is_known_before_it_has_told_anything() -> None:
    staff = Staff()
    staff.hello(1, "worker-1")
    assert staff.reports == (WorkerReport("worker-1", 1, None),)
    assert (list(staff), staff.counts) == ([1], Counts())


def test_counts_of_workers_add_up() -> None:
    staff = Staff()
    staff.hello(1, "worker-1")
    staff.hello(2, "worker-2")
    staff.told(1, Counts(live=1, delivered=10, closed={"lagged": 1}))
    staff.told(2, Counts(odds=2, delivered=5, closed={"lagged": 2, "client": 1}))
    staff.told(2, Counts(odds=3, delivered=7, closed={"lagged": 2, "client": 1}))
    assert staff.counts == Counts(live=1, odds=3, delivered=17, closed={"lagged": 3, "client": 1})


def test_of_a_worker_that_is_gone_what_it_did_remains() -> None:
    staff = Staff()
    for pid in (1, 2):
        staff.hello(pid, "worker")
        staff.told(pid, Counts(live=3, odds=4, delivered=10, stalled=1, waiting_by={"drop": 5}, dropped_by={"drop": 6}))
        staff.left(pid)
    assert not staff.reports
    assert staff.gone == Counts(delivered=20, dropped_by={"drop": 12})


def test_who_never_said_hello_is_not_heard() -> None:
    staff = Staff()
    staff.told(1, Counts(live=1))
    staff.left(1)
    assert (staff.reports, staff.gone) == ((), Counts())
