"""Whatever a client sends, in whatever pieces: an answer or an end, nothing raised, nothing kept."""

import zlib

from entrance import KEY, Transport, arrive, door
from hypothesis import example, given, settings
from hypothesis import strategies as st
from visit import OFFER, frame, pieces, play

from workers.conversation import MESSAGE_LIMIT_BYTES


def squeezed(message: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


payloads = st.binary(max_size=300) | st.sampled_from(
    [b'{"action":"ping"}', b"", b"\x03\xe8", b"\xff\xfe", b"x" * MESSAGE_LIMIT_BYTES, squeezed(bytes(100_000))]
)
frames = st.builds(
    frame, st.integers(0, 255), payloads, st.none() | st.sampled_from([0, 125, 126, 4096, 4097, 1 << 20, 1 << 62])
)
mutations = st.tuples(st.integers(0, len(OFFER) - 1), st.binary(max_size=3))


def mutated(changes: list[tuple[int, bytes]]) -> bytes:
    """The handshake with some bytes replaced, by more or fewer."""
    request = OFFER
    for place, by in changes:
        request = request[:place] + by + request[place + 1 :]
    return request


# On a busy machine an example takes as long as it takes.
patient = settings(deadline=None)


@patient
@given(data=st.binary(max_size=2_000), cuts=st.lists(st.integers(0, 2_000), max_size=5))
def test_any_bytes_in_place_of_a_request(data: bytes, cuts: list[int]) -> None:
    transport = play(data, cuts)
    assert transport.status in (0, 400, 431)


@patient
@given(changes=st.lists(mutations, max_size=4), cuts=st.lists(st.integers(0, 2_000), max_size=5))
@example(changes=[], cuts=[])
@example(changes=[(OFFER.index(b"1.1") + 2, b"0")], cuts=[])
def test_any_request_that_is_nearly_one(changes: list[tuple[int, bytes]], cuts: list[int]) -> None:
    request = mutated(changes)
    transport = play(request, cuts)
    assert transport.status in (0, 101, 400, 401, 404, 405, 426)
    if transport.status == 101:
        assert KEY.encode() in request


@settings(patient, max_examples=300)
@given(sent=st.lists(frames | payloads, max_size=12), cuts=st.lists(st.integers(0, 9_000), max_size=8))
@example(sent=[frame(0x82, b""), frame(0x83, b"")], cuts=[])
def test_any_frames_of_a_subscriber(sent: list[bytes], cuts: list[int]) -> None:
    transport = play(OFFER, [])
    greeting = len(transport.written)
    one, transport = door(seats=3, compression="on"), Transport()
    connection = arrive(one, transport, OFFER)
    for piece in pieces(b"".join(sent), cuts):
        if transport.is_closing():
            break
        connection.data_received(piece)
        assert len(connection._fragments) <= MESSAGE_LIMIT_BYTES
    # A pong for each ping, and a short answer for each message.
    assert len(transport.written) <= greeting + 200 * (1 + len(b"".join(sent)))
    connection.connection_lost(None)
    assert one.is_empty
    assert sum(one.counts().closed.values()) == 1
