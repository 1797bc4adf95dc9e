"""The answers to a handshake that isn't one, or isn't allowed: JSON bodies that say what is wrong and what to do."""

from email.utils import formatdate
from http import HTTPStatus

from msgspec import Struct, json
from websockets.datastructures import Headers
from websockets.http11 import Response

RETRY_CAP_SECONDS = 5
"""A seat comes free when somebody leaves; asking more often only costs handshakes."""
RETRY_KEY_LIMIT_SECONDS = 5


class ErrorBody(Struct, frozen=True):
    """Body of every refusal."""

    error: str


class Refusal(Struct, frozen=True):
    """A handshake turned away.

    Args:
        status: HTTP status.
        error: one sentence, what is wrong and what to do.
        headers: beyond those of every refusal.
    """

    status: HTTPStatus
    error: str
    headers: tuple[tuple[str, str], ...] = ()

    def response(self) -> Response:
        """The HTTP response."""
        body = json.encode(ErrorBody(self.error))
        headers = Headers(
            [
                ("Date", formatdate(usegmt=True)),
                ("Connection", "close"),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                *self.headers,
            ]
        )
        return Response(self.status.value, self.status.phrase, headers, body)


def cap_reached(cap: int) -> Refusal:
    """All seats are taken."""
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"all {cap} seats are taken; try again in {RETRY_CAP_SECONDS} seconds",
        (("Retry-After", str(RETRY_CAP_SECONDS)),),
    )


def key_limit_reached(limit: int) -> Refusal:
    """The key has as many subscribers as it may."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"this key's limit of {limit} simultaneous connections is reached; close one and try again",
        (("Retry-After", str(RETRY_KEY_LIMIT_SECONDS)),),
    )


UNREADABLE = Refusal(HTTPStatus.BAD_REQUEST, "this is not an HTTP/1.1 request; send a WebSocket handshake")
