"""conn_ids never come again, and counting them needs no room."""

import resource
import stat
from pathlib import Path

import pytest

from broker import conn_ids
from broker.conn_ids import PER_START, ConnIdsError

OPEN_FILES = Path("/proc/self/fd")


def test_conn_ids_never_come_again_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "conn_ids"
    assert [conn_ids.reserve(path) for _ in range(20)] == [1 + n * PER_START for n in range(20)]


def test_the_count_is_written_over_in_place(tmp_path: Path) -> None:
    path = tmp_path / "conn_ids"
    conn_ids.reserve(path)
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond this one's size.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        assert conn_ids.reserve(path) == 1 + PER_START
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.stat().st_size == size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [b"", b"\0" * 16])
def test_what_a_power_cut_left_is_begun_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "conn_ids").write_bytes(left)
    assert conn_ids.reserve(tmp_path / "conn_ids") == 1


@pytest.mark.parametrize("text", [b"-0000000000000001", b"nonsense", b"12\n", b"00000000\0\0\0"])
def test_a_damaged_count_is_an_error_and_stays_as_it_is(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "conn_ids"
    path.write_bytes(text)
    with pytest.raises(ConnIdsError, match="is damaged: remove it"):
        conn_ids.reserve(path)
    assert path.read_bytes() == text


def test_a_count_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConnIdsError, match="check that its directory is writable"):
        conn_ids.reserve(tmp_path / "none" / "conn_ids")
    before = len(list(OPEN_FILES.iterdir()))
    with pytest.raises(ConnIdsError, match="check that its directory is writable"):
        conn_ids.reserve(tmp_path)
    assert len(list(OPEN_FILES.iterdir())) == before
