"""conn_ids that nobody was given since the service started, counted in a file of their own.

It is in the runtime directory, which is memory on most hosts, and is written over in place: a broker that dies while
the disk is full needs no room to start again, and its subscribers keep their stream.
"""

import os
from pathlib import Path

from broker.database import faults_named

FILE_NAME = "conn_ids"
PER_START = 1_000_000_000
"""Set aside for each start of a broker; 2^53 lasts nine million starts."""
DIGITS = 16
"""As many as 2^53 has."""


class ConnIdsError(Exception):
    """The count can't be read or written; the message is one sentence that says what to do."""


def reserve(path: Path) -> int:
    """Set aside PER_START conn_ids that nobody was given.

    Args:
        path: the count, begun if absent; only one process at a time may use it.

    Returns:
        The first of them.

    Raises:
        ConnIdsError: if they can't be set aside.
    """
    with faults_named(path, ConnIdsError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            first = _number(path, os.pread(descriptor, DIGITS, 0))
            os.pwrite(descriptor, b"%0*d" % (DIGITS, first + PER_START), 0)
        finally:
            os.close(descriptor)
    return first


def _number(path: Path, text: bytes) -> int:
    # What a power cut may leave of a new file; it has ended all connections too.
    if not text.strip(b"\0"):
        return 1
    if not text.isdigit():
        raise ConnIdsError(f"{path} is damaged: remove it while no subscriber is connected")
    return int(text)
