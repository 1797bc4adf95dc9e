"""What ends a soak early."""


class ViolationError(Exception):
    """A promise was broken; the message is one sentence that says which and by whom."""
