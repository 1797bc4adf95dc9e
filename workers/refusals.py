"""The answers to a handshake that isn't one, or isn't allowed: JSON bodies that say what is wrong and what to do."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Literal, get_args

from msgspec import Struct, json
from websockets.datastructures import Headers
from websockets.http11 import Response

RETRY_CAP_SECONDS = 5
"""A seat comes free when somebody leaves; asking more often only costs handshakes."""
RETRY_KEY_LIMIT_SECONDS = 5
RETRY_NO_ANSWER_SECONDS = 5
RETRY_RESTART_SECONDS = 5
RETRY_ADDRESS_SECONDS = 5
RETRY_WRONG_KEYS_SECONDS = 60
HANDSHAKE_SECONDS = 10.0
"""A client whose request isn't complete by then is turned away."""
REQUEST_LIMIT_BYTES = 16 * 1024
"""A handshake with a key and what browsers add, cookies included, has 1 to 4 KB."""


Label = Literal[
    "address_handshakes",
    "address_seats",
    "cap",
    "channel",
    "handshake",
    "handshakes",
    "key",
    "key_limit",
    "no_answer",
    "no_key",
    "origin",
    "parameter",
    "path",
    "request_size",
    "request_time",
    "restart",
    "unreadable",
    "wrong_keys",
]
"""Of a reason, in the metric that counts refusals."""
LABELS: tuple[Label, ...] = get_args(Label)


class ErrorBody(Struct, frozen=True):
    """Body of every refusal."""

    error: str


class Refusal(Struct, frozen=True):
    """A handshake turned away.

    Args:
        status: HTTP status.
        label: of the metric that counts it.
        error: one sentence, what is wrong and what to do.
        headers: beyond those of every refusal.
    """

    status: HTTPStatus
    label: Label
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
        "cap",
        f"all {cap} seats are taken; try again in {RETRY_CAP_SECONDS} seconds",
        (("Retry-After", str(RETRY_CAP_SECONDS)),),
    )


def key_limit_reached(limit: int) -> Refusal:
    """The key has as many subscribers as it may."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "key_limit",
        f"this key's limit of {limit} simultaneous connections is reached; close one and try again",
        (("Retry-After", str(RETRY_KEY_LIMIT_SECONDS)),),
    )


UNREADABLE = Refusal(
    HTTPStatus.BAD_REQUEST, "unreadable", "this is not an HTTP/1.1 request; send a WebSocket handshake"
)
OLD_HTTP = Refusal(
    HTTPStatus.BAD_REQUEST,
    "handshake",
    "the request is HTTP/1.0, but WebSocket needs HTTP/1.1; a proxy in front may have to be told so",
)
"""What nginx makes of any request unless it has `proxy_http_version 1.1`."""
NO_ANSWER = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "no_answer",
    "the part of this service that gives out seats doesn't answer at the moment; "
    f"try again in {RETRY_NO_ANSWER_SECONDS} seconds",
    (("Retry-After", str(RETRY_NO_ANSWER_SECONDS)),),
)
"""Whether seats are free is not known."""
RESTARTING = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "restart",
    f"the service restarts; try again in {RETRY_RESTART_SECONDS} seconds",
    (("Retry-After", str(RETRY_RESTART_SECONDS)),),
)

# What is refused to an address, or for the way in which a request comes, before anything is known of its key.

TOO_SLOW = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, "request_time", f"the request took longer than {HANDSHAKE_SECONDS:g} seconds"
)
TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "request_size",
    f"the request has more than {REQUEST_LIMIT_BYTES} bytes; send fewer or shorter headers",
)
CROWDED_OUT = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "handshakes",
    f"too many handshakes are under way; try again in {RETRY_ADDRESS_SECONDS} seconds",
    (("Retry-After", str(RETRY_ADDRESS_SECONDS)),),
)


def address_handshakes_reached(limit: int) -> Refusal:
    """The address has as many handshakes under way as it may."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "address_handshakes",
        f"your address has {limit} handshakes under way, which is its limit; finish one and try again",
        (("Retry-After", str(RETRY_ADDRESS_SECONDS)),),
    )


def address_seats_reached(limit: int) -> Refusal:
    """The address has as many subscribers as it may."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "address_seats",
        f"your address' limit of {limit} simultaneous connections is reached; close one and try again",
        (("Retry-After", str(RETRY_ADDRESS_SECONDS)),),
    )


def wrong_keys_reached(limit: int) -> Refusal:
    """The address has sent too many wrong keys, and one more."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "wrong_keys",
        f"this key is wrong, like more than {limit} others a minute from your address; correct it before you go on",
        (("Retry-After", str(RETRY_WRONG_KEYS_SECONDS)),),
    )
