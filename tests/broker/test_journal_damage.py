"""A damaged journal is refused, or it is what it was: never anything else, and never another exception.

SQLite keeps no checksums of its pages. Whole pages that are lost are found by their structure; a changed value is found
only if it no longer is one of its type.
"""

import shutil
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from builders import NOW_MS, batches, game, outage, payload, quote, seen, sendable
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broker.journal import DATABASE_NAME, Journal, JournalError
from broker.observations import Observation, Rejection
from broker.relay import Batch, Relay

LOG_NAME = f"{DATABASE_NAME}-wal"
PAGE_BYTES = 4096
LOG_HEADER_BYTES = 32
COMMITS = 120
GAMES = 12
LONG = "a play that is told at length " * 50
"""A game that needs more than its place in a page."""


class Held(NamedTuple):
    """All that a journal holds."""

    games: Any
    prices: Any
    commits: tuple[bytes, ...]
    batches: list[tuple[bytes, bytes]]
    head_seq: int


class Whole:
    """A journal in two forms, and what it held after each commit, by the sequence number there."""

    def __init__(self, closed: Path, killed: Path, held: dict[int, Held]) -> None:
        self.closed = closed
        self.killed = killed
        self.held = held
        self.content = (closed / DATABASE_NAME).read_bytes()
        self.log = (killed / LOG_NAME).read_bytes()


def held_by(journal: Journal) -> Held:
    state = journal.load_state()
    prices = {game_id: dict(state.prices(game_id)) for game_id in state.games}
    journal.tail_seq()
    return Held(state.games, prices, journal.since(0, 10**9), journal.load_batches(), journal.head_seq())


def read(data_dir: Path) -> Held:
    journal = Journal(data_dir, "checkpoint")
    try:
        return held_by(journal)
    finally:
        journal.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root = tmp_path_factory.mktemp("whole")
    random = Random(1)
    journal = Journal(root / "closed", "checkpoint")
    relay = Relay(journal, lambda _: None, outage(), lambda _changes: None)
    held = {0: held_by(journal)}
    for number in range(COMMITS):
        game_id = f"g{number % GAMES}"
        prices = [quote(float(random.randrange(100, 900)), game_id, f"outcome {n}", book=f"book {n}") for n in range(9)]
        observations: list[Observation] = [seen(game(game_id, "live", number, last_play=LONG)), *prices]
        relay.take([Batch(b"batch %d" % number, payload(observations))], NOW_MS)
        held[relay.head_seq] = held_by(journal)
    # As a kill would leave it: the log as it is, beside a database that has seen no checkpoint.
    shutil.copytree(root / "closed", root / "killed")
    journal.close()
    return Whole(root / "closed", root / "killed", held)


def spoilt(part: bytes, how: str, random: Random) -> bytes:
    match how:
        case "lost":
            return bytes(len(part))
        case "erased":
            return b"\xff" * len(part)
        case _:
            return random.randbytes(len(part))


thorough = settings(
    derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
places = st.floats(0, 1, exclude_max=True)
"""As parts of a file."""


@thorough
@given(place=places, how=st.sampled_from(["lost", "erased", "garbage"]), seed=st.integers(0))
def test_a_page_that_is_lost_is_noticed_or_was_of_no_use(whole: Whole, place: float, how: str, seed: int) -> None:
    start = page_at(whole.content, place)
    damage = spoilt(whole.content[start : start + PAGE_BYTES], how, Random(seed))
    content = whole.content[:start] + damage + whole.content[start + PAGE_BYTES :]
    with TemporaryDirectory() as data_dir:
        file = Path(data_dir) / DATABASE_NAME
        file.write_bytes(content)
        try:
            held = read(Path(data_dir))
        except JournalError:
            assert file.read_bytes() == content
        else:
            assert held == whole.held[max(whole.held)]


@thorough
@given(place=places)
@example(place=0.0)
def test_a_database_that_was_cut_off_is_noticed(whole: Whole, place: float) -> None:
    content = whole.content[: int(place * (len(whole.content) - PAGE_BYTES))]
    with TemporaryDirectory() as data_dir:
        file = Path(data_dir) / DATABASE_NAME
        file.write_bytes(content)
        with pytest.raises(JournalError, match="is damaged"):
            read(Path(data_dir))
        assert file.read_bytes() == content


@thorough
@given(
    bytes_at=st.dictionaries(places, st.integers(0, 255), max_size=40), swapped=st.tuples(places, places), batch=batches
)
def test_what_is_not_noticed_makes_values_that_can_be(
    whole: Whole, bytes_at: dict[float, int], swapped: tuple[float, float], batch: list[Observation | Rejection]
) -> None:
    content = bytearray(whole.content)
    here, there = (page_at(content, place) for place in swapped)
    content[here : here + PAGE_BYTES] = content[there : there + PAGE_BYTES]
    for place, byte in bytes_at.items():
        content[int(place * len(content))] = byte
    with TemporaryDirectory() as data_dir:
        (Path(data_dir) / DATABASE_NAME).write_bytes(content)
        try:
            journal = Journal(Path(data_dir), "checkpoint")
        except JournalError:
            return
        with closing(journal), suppress(JournalError):
            # Whatever they are, the broker works on with them, or says that it can't.
            relay = Relay(journal, lambda _: None, outage(), lambda _changes: None)
            held_by(journal)
            relay.take([Batch(b"new", sendable(batch))], NOW_MS)
            relay.expire(2 * NOW_MS)


@thorough
@given(place=places, how=st.sampled_from(["cut off", "lost", "erased", "garbage"]), seed=st.integers(0))
def test_a_log_is_read_up_to_its_last_whole_commit(whole: Whole, place: float, how: str, seed: int) -> None:
    end = LOG_HEADER_BYTES + int(place * (len(whole.log) - LOG_HEADER_BYTES))
    rest = b"" if how == "cut off" else spoilt(whole.log[end:], how, Random(seed))
    with TemporaryDirectory() as root:
        data_dir = Path(shutil.copytree(whole.killed, Path(root) / "data"))
        (data_dir / LOG_NAME).write_bytes(whole.log[:end] + rest)
        held = read(data_dir)
        assert held == whole.held[held.head_seq]
        # The rest of a frame, a page, is all that a cut takes away from what was whole.
        assert held.head_seq > 0 or place < 0.1


def page_at(content: bytes | bytearray, place: float) -> int:
    """Where the page begins that is at a place of a file."""
    return int(place * len(content)) // PAGE_BYTES * PAGE_BYTES
