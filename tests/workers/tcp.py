"""A TCP transport of tests."""

from collections.abc import Callable

ADDRESS = "192.0.2.1"


class Tcp:
    """A TCP transport; what the client hasn't read yet may still be ours."""

    def __init__(self) -> None:
        self.sent = b""
        self.is_full = False
        self.closed = False
        self.aborted = False
        self.on_write: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.sent += data
        self.on_write()

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def get_write_buffer_size(self) -> int:
        return len(self.sent) if self.is_full else 0

    def set_write_buffer_limits(self, high: int | None, low: int | None) -> None:
        assert (high, low) == (0, None)

    def get_extra_info(self, name: str, _default: object) -> tuple[str, int]:
        assert name == "peername"
        return ADDRESS, 50_000
