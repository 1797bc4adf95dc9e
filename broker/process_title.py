"""What `ps` and `top` show of our processes."""

import os

import setproctitle

PREFIX = "books-relayer: "


def entitle(title: str) -> None:
    """Show this in place of the command line, which may hold a key.

    Args:
        title: such as `worker-1`.
    """
    # Else the library writes over the environment, which people look up in /proc. It reads this at its first call.
    os.environ.setdefault("SPT_NOENV", "1")
    setproctitle.setproctitle(PREFIX + title)
