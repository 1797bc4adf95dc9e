"""What is fuzzed: each target takes any bytes as its user would send them, and asserts what must be true of any.

libFuzzer itself watches time and memory.
"""

from collections.abc import Callable

from msgspec import DecodeError, json
from visit import OFFER, play

from broker import messages
from broker.observations import BatchError, Rejection, parse
from broker.publisher import Publisher
from broker.state import State
from fuzz.seeds import CUT

NOW_MS = 1_760_000_000_000


def request(data: bytes) -> None:
    """A client that asks; what stands between two cuts arrives at once."""
    _visit(data)


def frames(data: bytes) -> None:
    """A subscriber that speaks: every connection ends with nothing kept."""
    _visit(OFFER + CUT + data)


def _visit(data: bytes) -> None:
    parts = data.split(CUT)
    cuts = [sum(map(len, parts[:count])) for count in range(1, len(parts))]
    transport = play(b"".join(parts), cuts)
    assert transport.status in (0, 101, 400, 401, 403, 404, 405, 426, 431)


def batch(data: bytes) -> None:
    """A producer's batch, taken and then undone: each observation is taken or told why not."""
    state = State()
    try:
        observations = list(parse(data))
    except BatchError:
        return
    taken = state.take(observations, NOW_MS)
    assert taken.accepted + len(taken.rejected) == len(observations)
    unreadable = sum(isinstance(each, Rejection) for each in observations)
    assert unreadable <= len(taken.rejected)
    commit = Publisher(0).commit(taken.effects)
    for entry in commit.entries:
        for frame in entry.frames:
            # Whatever a producer says, what subscribers get is JSON.
            json.decode(frame[frame.index(b"{") :])
    assert messages.decode_commit(messages.encode(commit)) == commit
    state.rollback()
    assert not state.games
    assert not state.price_count


def bus(data: bytes) -> None:
    """Bytes on a bus between our processes: a message that says the same when it is encoded again, or an error."""
    for decode in (
        messages.decode_to_broker,
        messages.decode_to_worker,
        messages.decode_published,
        messages.decode_commit,
    ):
        try:
            message = decode(data)
        except (DecodeError, UnicodeDecodeError):
            continue
        again = messages.encode(message)
        assert messages.encode(decode(again)) == again


TARGETS: dict[str, Callable[[bytes], None]] = {
    "request": request,
    "frames": frames,
    "batch": batch,
    "bus": bus,
}
