"""What a client says before it is answered, which RFC 6455 (4.1) forbids: it is kept until then, and not for long."""

import pytest
from entrance import REQUEST, RUN, Transport, arrive, door

from broker.messages import SeatsGranted
from workers.connection import EARLY_LIMIT_BYTES

PING = b"\x89\x83\0\0\0\0abc"
PONG = b"\x8a\x03abc"
TEXT = b"\x81\x81\0\0\0\0x"


@pytest.mark.parametrize("seats", [1, 0], ids=["a seat is there", "a seat comes later"])
def test_it_is_answered_once_the_client_is_let_in(seats: int) -> None:
    said = REQUEST + PING + TEXT
    for cut in range(1, len(said) + 1):
        one, transport = door(seats=seats), Transport()
        connection = arrive(one, transport, said[:cut])
        connection.data_received(said[cut:])
        if not seats:
            assert not transport.written
            one.carry_out(one.admission.granted(SeatsGranted(RUN, 7, 1)))
        places = [transport.written.find(part) for part in (b"HTTP/1.1 101", b'"welcome"', b'"snapshot"')]
        assert places[0] == 0
        assert places == sorted(places)
        assert transport.written.find(PONG) > places[-1]
        assert transport.written.find(b'"error"') > places[-1]
        assert not transport.is_closing()


def test_of_a_client_that_is_refused_nothing_is_heard() -> None:
    one, transport = door(), Transport()
    arrive(one, transport, REQUEST.replace(b"/ws/live", b"/nowhere") + PING + TEXT)
    assert transport.status == 404
    assert transport.closed
    assert PONG not in transport.written


@pytest.mark.parametrize("at_once", [True, False])
def test_too_much_of_it_ends_the_connection(at_once: bool) -> None:
    one, transport, early = door(), Transport(), b"x" * (EARLY_LIMIT_BYTES + 1)
    connection = arrive(one, transport, REQUEST + early if at_once else REQUEST)
    if not at_once:
        connection.data_received(early[:-1])
        assert not transport.aborted
        connection.data_received(early[-1:])
    assert transport.aborted
    assert not transport.written
