"""Directories are made private, and refused when they are not."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.private import OpenToOthersError, act_as_owner, claim

ROOT = Path(__file__).parents[2]
STRANGER = 65_534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_absent_directory_is_made_private(tmp_path: Path) -> None:
    claim(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700
    claim(tmp_path / "a" / "b")


@pytest.mark.parametrize("rights", [0o755, 0o750, 0o701, 0o770, 0o1777])
def test_one_that_is_open_to_others_is_refused_and_left_as_it_is(tmp_path: Path, rights: int) -> None:
    directory = tmp_path / "there"
    directory.mkdir()
    directory.chmod(rights)
    with pytest.raises(OpenToOthersError, match=rf"there is open to other users \(mode {rights:o}\): `chmod 700 /"):
        claim(directory)
    assert mode(directory) == rights


def test_one_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        claim(tmp_path / "file")


MAKE = """
import sys
from pathlib import Path
from broker.private import act_as_owner
new = act_as_owner(Path(sys.argv[1]))
new.mkdir()
(new / "file").touch()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_root_makes_files_for_the_owner_of_the_directory_who_may_have_no_way_to_it() -> None:
    with TemporaryDirectory() as closed:
        owned = Path(closed, "owned")
        owned.mkdir(mode=0o700)
        os.chown(owned, STRANGER, STRANGER)
        new = owned / "new"
        subprocess.run([sys.executable, "-c", MAKE, new], check=True, env={"PYTHONPATH": str(ROOT)})
        for made in (new.stat(), (new / "file").stat()):
            assert (made.st_uid, made.st_gid) == (STRANGER, STRANGER)


def test_for_oneself_nothing_changes(tmp_path: Path) -> None:
    before = Path.cwd()
    assert act_as_owner(tmp_path / "new") == tmp_path / "new"
    assert Path.cwd() == before
