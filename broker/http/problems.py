"""What a request is refused with. One sentence says what is wrong and what to do."""

from http import HTTPStatus


class ProblemError(Exception):
    """A request that can't be answered as it was meant.

    Args:
        status: of the answer.
        error: one sentence.
        headers: beyond those of every answer.
    """

    def __init__(self, status: HTTPStatus, error: str, **headers: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
