"""The cap under storms, counted on both sides: by what the clients were answered, and by what the workers hold."""

import time
from collections.abc import Iterator
from random import Random
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

import pytest

from service import census
from service.herds import herds
from service.observed import encode, game
from service.processes import descriptors, resident_bytes
from service.running import running
from service.waiting import until

HERDS = 2
CAP = 1_000
WORKERS = 4
CLIENTS = 3_000
ROUNDS = 10
GROWTH_BYTES = 4 * 1024 * 1024
"""What a worker may grow by in the last rounds, of some 1,100 handshakes each: 1 KB lost by each would be more."""

GREAT_CAP = 20_000
GREAT_WORKERS = 2
TOO_MANY = 500
LEAVERS, COMERS = 300, 400
OTHER_DESCRIPTORS = 1_000
"""What a process needs beside its share of the connections, which isn't quite the same for each worker."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(census.why_impossible() is not None, reason=census.why_impossible() or ""),
]


@pytest.fixture(scope="module", autouse=True)
def open_files() -> Iterator[int]:
    """As many as this machine allows, for the service and the herds too."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (hard, hard))
    yield hard
    setrlimit(RLIMIT_NOFILE, (soft, hard))


def test_of_three_thousand_exactly_a_thousand_are_in_whenever_they_want_to(random: Random) -> None:
    with running(workers=WORKERS, cap=CAP) as service, herds(service, HERDS, CLIENTS, CAP) as clients:
        service.send([encode(game("a-game"))])
        idle = {worker: descriptors(worker) for worker in service.workers}
        counts: list[int] = []
        resident: list[int] = []
        began = time.monotonic()
        for _ in range(ROUNDS):
            inside = clients.inside
            leavers = random.sample(inside, random.randint(0, len(inside)))
            with census.counting(service) as counted:
                # All who are out come while the leavers leave: some of those are too late for some of these.
                clients.change(leavers, clients.outside)
                clients.come(clients.outside)
            assert len(clients.inside) == census.subscribers(service) == CAP
            counts += counted
            resident.append(sum(map(resident_bytes, service.workers)))
        seconds = time.monotonic() - began
        assert max(counts) <= CAP
        assert clients.most_at_once == CAP
        # Nothing leaks: each seat can be taken once more, and then descriptors and memory are as they were.
        clients.leave(clients.inside)
        assert clients.come(clients.outside) == (CAP, CLIENTS - CAP)
        clients.leave(clients.inside)
        until(lambda: {w: descriptors(w) for w in service.workers} == idle, "every descriptor is closed")
        growth = (resident[-1] - resident[ROUNDS // 2]) / WORKERS
        assert growth <= GROWTH_BYTES
        print(
            f"{ROUNDS} rounds with {clients.handshakes:,} handshakes in {seconds:.1f} s; {len(counts)} counts, "
            f"at most {max(counts)}; a worker grew by {growth / 1024:.0f} KiB"
        )


def test_of_twenty_thousand_five_hundred_exactly_twenty_thousand_get_in(random: Random, open_files: int) -> None:
    everybody = GREAT_CAP + TOO_MANY
    needed = everybody // min(GREAT_WORKERS, HERDS) + OTHER_DESCRIPTORS
    if open_files < needed:
        pytest.skip(f"needs {needed} open files in one process: raise the hard limit (ulimit -Hn)")
    with (
        running(workers=GREAT_WORKERS, cap=GREAT_CAP) as service,
        herds(service, HERDS, everybody, GREAT_CAP) as clients,
    ):
        service.send([encode(game("a-game"))])
        began = time.monotonic()
        assert clients.come(clients.outside) == (GREAT_CAP, TOO_MANY)
        seconds = time.monotonic() - began
        assert census.subscribers(service) == GREAT_CAP
        clients.leave(random.sample(clients.inside, LEAVERS))
        assert clients.come(random.sample(clients.outside, COMERS)) == (LEAVERS, COMERS - LEAVERS)
        assert census.subscribers(service) == len(clients.inside) == GREAT_CAP
        assert clients.most_at_once == GREAT_CAP
        print(f"{everybody:,} handshakes in {seconds:.1f} s, {everybody / seconds:,.0f} a second")
