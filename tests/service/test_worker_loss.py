"""What a full house loses with a worker: a killed one gives its seats back at once, a frozen one keeps its own."""

import os
import signal
import time
from collections.abc import Iterator
from random import Random

import pytest

from service import census
from service.herd import Herd, herd
from service.herd_program import Report, address
from service.observed import encode, game
from service.processes import peers
from service.running import Service, running

CAP = 200
WORKERS = 4
CROWD = 600
NETWORK = "127.1"
LEAVERS = 40
FREE_SECONDS = 2.0
"""In which a killed worker's seats are to be had again."""
FROZEN_SECONDS = 2.0
"""How long those are waited for who have come to a frozen worker."""
FULL = f'503 | Retry-After: 5 | {{"error":"all {CAP} seats are taken; try again in 5 seconds"}}'

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(census.why_impossible() is not None, reason=census.why_impossible() or ""),
]


@pytest.fixture
def service() -> Iterator[Service]:
    with running(workers=WORKERS, cap=CAP) as service:
        service.send([encode(game("a-game"))])
        yield service


@pytest.fixture
def clients(service: Service) -> Iterator[Herd]:
    """Who have taken all seats, so that no worker has a spare one."""
    with herd(service, network=NETWORK) as clients:
        report = clients.do(come=range(CROWD))
        assert (len(report.admitted), report.refused) == (CAP, {FULL: CROWD - CAP})
        yield clients


def outside(clients: Herd) -> list[int]:
    return [number for number in range(CROWD) if number not in clients.inside]


def at_worker(service: Service, clients: Herd, worker: int) -> set[int]:
    """Those who are in and were let in by that worker."""
    theirs = peers(worker, service.port)
    return {number for number in clients.inside if address(NETWORK, number) in theirs}


def check_refusals(report: Report) -> None:
    """Nobody was turned away but for the cap, and nobody who was in was parted with."""
    assert set(report.refused) <= {FULL}
    assert not report.cut


def test_a_killed_workers_seats_can_be_had_within_two_seconds(service: Service, clients: Herd) -> None:
    victim = service.workers[0]
    lost = at_worker(service, clients, victim)
    kept = {number: conn_id for number, conn_id in clients.inside.items() if number not in lost}
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    cut = set(clients.do(come=outside(clients)).cut)
    while len(clients.inside) < CAP:
        cut.update(clients.do(come=outside(clients)).cut)
        assert time.monotonic() - began < 10 * FREE_SECONDS
    seconds = time.monotonic() - began
    assert cut == lost
    assert kept.items() <= clients.inside.items()
    assert census.established(service.port) == CAP
    assert seconds <= FREE_SECONDS
    print(f"{len(lost)} seats of a killed worker were taken again after {seconds * 1e3:.0f} ms")


def test_a_frozen_worker_keeps_only_its_own_seats(service: Service, clients: Herd, random: Random) -> None:
    frozen = service.workers[1]
    its_own = at_worker(service, clients, frozen)
    os.kill(frozen, signal.SIGSTOP)
    try:
        leavers = random.sample(sorted(clients.inside.keys() - its_own), LEAVERS)
        assert len(clients.do(leave=leavers).left) == LEAVERS
        report = clients.do(come=outside(clients), seconds=FROZEN_SECONDS)
    finally:
        os.kill(frozen, signal.SIGCONT)
    # Whoever came to another worker was told at once, and as many as before are in.
    check_refusals(report)
    assert len(report.admitted) == LEAVERS
    assert report.undecided
    print(f"{len(report.undecided)} hung at the frozen worker; all others were told within {report.seconds:.2f} s")
    thawed = clients.do()
    check_refusals(thawed)
    assert not (thawed.admitted or thawed.undecided)
    assert census.subscribers(service) == len(clients.inside) == CAP


def test_spare_seats_of_a_frozen_worker_can_be_had_when_it_thaws(
    service: Service, clients: Herd, random: Random
) -> None:
    frozen = service.workers[2]
    its_own = at_worker(service, clients, frozen)
    leavers = random.sample(sorted(its_own), len(its_own) // 2)
    # A seat that comes back is given to the same worker as a spare one, for in a full house all want some.
    clients.do(leave=leavers)
    os.kill(frozen, signal.SIGSTOP)
    try:
        report = clients.do(come=outside(clients), seconds=FROZEN_SECONDS)
    finally:
        os.kill(frozen, signal.SIGCONT)
    check_refusals(report)
    thawed = clients.do()
    check_refusals(thawed)
    # They were taken by those who hung there, or are called back now.
    later = clients.do(come=outside(clients))
    check_refusals(later)
    admitted = [len(each.admitted) for each in (report, thawed, later)]
    print(f"{len(leavers)} left a worker that froze: {admitted} let in while it was, as it thawed, and after that")
    assert census.subscribers(service) == len(clients.inside) == CAP
