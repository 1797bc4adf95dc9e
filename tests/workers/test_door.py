"""Who may not come in, who may not stay, and what is counted of it."""

import time
from collections.abc import Callable

import pytest
from entrance import RECORD, REQUEST, RUN, Clocked, Transport, arrive, door
from websockets.frames import Close

from broker.closing import BY_OPERATOR
from broker.frames import text_frame
from broker.messages import CHANNELS, Commit, Entry, KeyRecord, SeatsGranted
from workers.admission import PATIENCE_SECONDS
from workers.clock import Clock
from workers.connection import Connection
from workers.door import GREETING_SECONDS
from workers.fanout import Fanout
from workers.refusals import HANDSHAKE_SECONDS

EVENT = text_frame(b'{"type":"score_change"}')
CLOSE_BY_CLIENT = b"\x88\x82\0\0\0\0\x03\xe8"
BINARY = b"\x82\x81\0\0\0\0x"
RESERVED_BITS = b"\xf1\x81\0\0\0\0x"


def waiting(fanout: Fanout | None = None) -> tuple[Clocked, Connection, Transport]:
    """A client whose handshake is good and that has no seat yet."""
    one, transport = door(fanout), Transport()
    connection = arrive(one, transport, REQUEST)
    assert transport.written == b""
    return one, connection, transport


def test_a_good_key_lets_its_client_stay() -> None:
    door, connection, transport = waiting()
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert b"101 Switching" in transport.written
    assert b'"conn_id":7' in transport.written
    assert connection.protocol.close_sent is None
    assert door.counts().live == 1


def test_a_key_revoked_while_its_client_waited_does_not() -> None:
    door, connection, transport = waiting()
    door.set_keys([])
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert b"101 Switching" in transport.written
    assert connection.protocol.close_sent == Close(1008, "key revoked or expired")
    assert door.counts().live == 0


def test_nor_does_one_that_expired() -> None:
    door, connection, _ = waiting()
    door.set_keys([KeyRecord("id", RECORD.digest, CHANNELS, time.time_ns() // 1_000_000 - 1, None)])
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert connection.protocol.close_sent == Close(1008, "key revoked or expired")


def test_a_key_that_expires_ends_its_subscriber(monkeypatch: pytest.MonkeyPatch) -> None:
    one, connection, _ = waiting()
    end_ms = one.clock().unix_ms + 1_000_000
    one.set_keys([KeyRecord("id", RECORD.digest, CHANNELS, end_ms, None)])
    one.carry_out(one.admission.granted(SeatsGranted(RUN, 7, 1)))
    one.look_after_keys()
    assert connection.protocol.close_sent is None
    monkeypatch.setattr(one, "clock", lambda: Clock(0.0, end_ms))
    one.look_after_keys()
    assert connection.protocol.close_sent == Close(1008, "key revoked or expired")
    assert one.counts().live == 0


def test_who_is_parted_with_first_gets_all_events_and_then_the_reason() -> None:
    fanout = Fanout()
    door, connection, transport = waiting(fanout)
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    fanout.apply(Commit(1, 1, (Entry((EVENT,), for_live=True),)), door.clock())
    assert EVENT not in transport.written
    door.part(1)
    before, event, after = transport.written.partition(EVENT)
    assert event
    assert b"service restart" in after
    assert b"service restart" not in before
    assert connection.protocol.close_sent == Close(1012, "service restart")
    assert door.subscribers == 0


def test_who_does_not_answer_the_close_frame_is_cut_off() -> None:
    door, connection, transport = waiting()
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    door.cut_off()
    assert not transport.aborted
    door.part(1)
    assert not door.is_empty
    door.cut_off()
    assert transport.aborted
    connection.connection_lost(None)
    assert door.is_empty


def test_no_more_are_parted_with_than_are_to_go() -> None:
    door, first, _ = waiting()
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 2)))
    second = arrive(door, Transport(), REQUEST)
    assert door.subscribers == 2
    door.part(1)
    assert door.subscribers == 1
    assert (first.protocol.close_sent is None) is not (second.protocol.close_sent is None)


def test_whoever_waits_for_a_seat_is_told_to_come_again() -> None:
    door, _, transport = waiting()
    door.part_with_unfinished()
    assert transport.written.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in transport.written
    assert transport.closed


def test_so_is_whoever_has_asked_for_nothing_yet() -> None:
    one, transport = door(), Transport()
    arrive(one, transport)
    one.part_with_unfinished()
    assert (transport.status, transport.closed) == (503, True)


def test_a_request_that_takes_too_long_is_408() -> None:
    one, transport = door(), Transport()
    slow = arrive(one, transport)
    for byte in REQUEST[:-1]:
        slow.data_received(bytes([byte]))
    one.now += HANDSHAKE_SECONDS - 0.1
    one.tick()
    assert transport.written == b""
    one.now += 0.1
    one.tick()
    assert (transport.status, transport.closed) == (408, True)
    slow.connection_lost(None)
    assert one.is_empty


def test_who_asked_in_time_may_wait_for_a_seat_as_long_as_anybody_and_is_answered() -> None:
    one, transport = door(), Transport()
    late = arrive(one, transport)
    one.now += HANDSHAKE_SECONDS - 0.1
    late.data_received(REQUEST)
    one.now += HANDSHAKE_SECONDS - 0.1
    one.tick()
    assert not transport.is_closing()
    one.now += 0.1
    one.tick()
    assert (transport.status, transport.closed, transport.aborted) == (503, True, False)
    assert one.counts().refused == {"no_answer": 1}


def test_a_request_that_is_too_large_is_431() -> None:
    one, transport = door(), Transport()
    flood = arrive(one, transport, b"GET /ws/live HTTP/1.1\r\n")
    while not transport.closed:
        flood.data_received(b"X-Filler: " + b"x" * 1000 + b"\r\n")
    assert transport.status == 431
    assert one.counts().refused == {"request_size": 1}


def test_a_greeting_that_nobody_takes_ends_the_connection() -> None:
    one, stuck, slow = door(seats=9), Transport(room=300), Transport(room=300)
    arrive(one, stuck, REQUEST)
    reads = arrive(one, slow, REQUEST)
    one.now += GREETING_SECONDS - 0.1
    one.tick()
    reads.resume_writing()
    one.now += 0.1
    one.tick()
    assert stuck.aborted
    assert not slow.aborted


def test_each_end_is_counted_by_its_reason() -> None:
    one = door(seats=9)
    ends: list[Callable[[Connection], object]] = [
        lambda connection: connection.data_received(CLOSE_BY_CLIENT),
        lambda connection: connection.data_received(BINARY),
        lambda connection: connection.data_received(RESERVED_BITS),
        lambda connection: one.set_keys([]),
        lambda connection: None,
    ]
    for end in ends:
        one.set_keys([RECORD])
        connection = arrive(one, Transport(), REQUEST)
        end(connection)
        connection.connection_lost(None)
    assert one.counts().closed == {"client": 1, "binary": 1, "protocol_error": 1, "key_revoked": 1, "lost": 1}
    assert one.is_empty


def test_an_operator_sees_who_is_in_and_closes_one() -> None:
    fanout = Fanout()
    door, connection, _ = waiting(fanout)
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    fanout.apply(Commit(1, 1, (Entry((EVENT,), for_live=True),)), door.clock())
    (row,) = door.top("lag", 5)
    assert (row.conn_id, row.channel, row.key_id, row.lag) == (7, "live", RECORD.key_id, 1)
    assert abs(row.since - time.time_ns() // 1_000_000) < 60_000
    assert not door.close(8)
    assert door.close(7)
    assert connection.protocol.close_sent == Close(BY_OPERATOR.code, BY_OPERATOR.reason)
    assert door.top("lag", 5) == ()


def test_a_broker_that_says_nothing_is_what_a_client_is_told_of_after_some_seconds() -> None:
    one, _, transport = waiting()
    one.now += PATIENCE_SECONDS - 0.1
    one.look_after_waiting()
    assert transport.written == b""
    one.now += 0.1
    one.look_after_waiting()
    assert (transport.status, transport.closed) == (503, True)
    assert b"doesn't answer" in transport.written
    assert one.counts().refused == {"no_answer": 1}
