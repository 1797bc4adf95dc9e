"""A key's limit of connections: one over all workers, and exact from both sides."""

from collections.abc import Iterator
from random import Random

import pytest

from service.herd import Herd, herd
from service.requesting import request
from service.running import Service, running
from service.waiting import until

LIMIT = 40
CROWD = 300
ROUNDS = 8
WORKERS = 3
FULL = (
    f'429 | Retry-After: 5 | {{"error":"this key\'s limit of {LIMIT} simultaneous connections is reached; '
    'close one and try again"}'
)


@pytest.fixture
def service() -> Iterator[Service]:
    with running(workers=WORKERS) as service:
        yield service


@pytest.fixture
def clients(service: Service) -> Iterator[Herd]:
    """With a key that every worker knows."""
    key = service.new_key(max_connections=LIMIT)
    # A worker knows it once it answers with 429 or 101, and which one is asked is the kernel's choice.
    for _ in range(10 * WORKERS):
        until(lambda: request(service.port, f"/ws/live?key={key}").status != 401, "the key is known")
    with herd(service, key=key) as clients:
        yield clients


def test_of_a_storm_exactly_as_many_get_in_as_the_key_allows(clients: Herd, random: Random) -> None:
    for _ in range(ROUNDS):
        inside = sorted(clients.inside)
        leavers = random.sample(inside, random.randint(0, len(inside)))
        assert len(clients.do(leave=leavers).left) == len(leavers)
        come = [number for number in range(CROWD) if number not in clients.inside]
        report = clients.do(come=come)
        assert len(clients.inside) == LIMIT
        assert report.refused == {FULL: len(come) - len(report.admitted)}
        assert not (report.broken or report.undecided or report.cut)


def test_other_keys_are_not_concerned(service: Service, clients: Herd) -> None:
    assert len(clients.do(come=range(CROWD)).admitted) == LIMIT
    with herd(service, network="127.2") as others:
        assert len(others.do(come=range(CROWD)).admitted) == CROWD
