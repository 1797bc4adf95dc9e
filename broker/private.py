"""Directories that nobody but their owner gets at."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
UMASK = OTHERS
"""Of all our processes: what they make is for one user alone, directories above a directory of ours included."""


class OpenToOthersError(Exception):
    """Other users can get at a directory; the message is one sentence that says what to do."""


def claim(directory: Path) -> None:
    """Make a directory, if it is absent, and see that it is private.

    One that is there keeps its rights: it may be one that others need, such as /run.

    Raises:
        OpenToOthersError: if it isn't.
        OSError: if it can't be made.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    check(directory)


def check(directory: Path) -> None:
    """See that a directory is private.

    Raises:
        OpenToOthersError: if it isn't.
        OSError: if it isn't there.
    """
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & OTHERS:
        raise OpenToOthersError(
            f"{directory} is open to other users (mode {mode:o}): "
            f"`chmod 700 {directory}` if it is for this alone, or choose one that isn't there yet"
        )


def act_as_owner(directory: Path) -> Path:
    """As root, make files from now on as whoever owns a directory, or if it is absent, the one that it is to be in.

    The service may run as another user, who must be able to read what root makes for it, and could lay links where
    root then writes.

    Returns:
        How to name the directory from now on: the working directory may be another one.
    """
    absolute = directory.absolute()
    there = next(each for each in (absolute, *absolute.parents) if each.is_dir())
    owner = there.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return directory
    # The owner himself may have no way to it: systemd closes what is above.
    os.chdir(there)
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    return absolute.relative_to(there)
