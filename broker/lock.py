"""One service per directory: a lock that the kernel frees with the process that holds it (flock(2))."""

import fcntl
import os
import time
from pathlib import Path

RETRY_SECONDS = 0.05


class LockedError(Exception):
    """Another process holds the lock; the message is one sentence."""


def acquire(path: Path, patience_seconds: float) -> int:
    """Take the lock for as long as this process lives.

    Args:
        path: the lock's file, made if absent.
        patience_seconds: how long to wait for one who is just ending.

    Returns:
        The open descriptor; closing it frees the lock.

    Raises:
        LockedError: if the lock stays taken.
        OSError: if the file can't be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                os.close(descriptor)
                raise LockedError(
                    f"another books-relayer uses {path.parent}: stop it, or choose another directory"
                ) from None
            time.sleep(RETRY_SECONDS)
        else:
            return descriptor
