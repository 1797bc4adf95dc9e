"""One subscriber too many is found, and a conn_id that was given before."""

from typing import NamedTuple

import pytest

from soak.house import House
from soak.violation import ViolationError


class Visitor(NamedTuple):
    """A client."""

    port: int


def test_as_many_as_there_are_seats_may_be_in_and_not_one_more() -> None:
    ports = set(range(9))
    house = House(2, lambda: ports)
    house.enter(Visitor(1), 11)
    house.enter(Visitor(2), 12)
    with pytest.raises(ViolationError, match="3 subscribers are in, where there are 2 seats"):
        house.enter(Visitor(3), 13)


def test_who_leaves_makes_room() -> None:
    house = House(1, set)
    visitor = Visitor(1)
    house.enter(visitor, 11)
    house.leave(visitor)
    house.enter(Visitor(2), 12)
    assert house.peak == 1
    assert house.admitted == 2


def test_who_was_cut_off_and_has_not_heard_of_it_takes_no_seat() -> None:
    ports = {1, 2, 3}
    house = House(2, lambda: ports)
    house.enter(Visitor(1), 11)
    house.enter(Visitor(2), 12)
    ports.discard(1)
    house.enter(Visitor(3), 13)
    assert house.count == house.peak == 2


def test_a_conn_id_is_good_once() -> None:
    house = House(2, set)
    visitor = Visitor(1)
    house.enter(visitor, 11)
    house.leave(visitor)
    with pytest.raises(ViolationError, match="conn_id 11 was given twice"):
        house.enter(visitor, 11)
