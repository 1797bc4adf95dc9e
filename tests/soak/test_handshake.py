"""A subscriber's handshake asks for what it wants, and a wrong answer is found."""

import pytest

from soak.handshake import Answer, request
from soak.violation import ViolationError
from soak.wish import Wish


def test_the_request_tells_the_wish() -> None:
    text = request(Wish("odds", "resync", 12, "steady"), "a-key").decode()
    assert text.startswith("GET /ws/odds?key=a-key&on_lag=resync HTTP/1.1\r\n")
    assert text.endswith("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n\r\n")


def test_who_wants_no_compression_offers_none() -> None:
    assert b"Extensions" not in request(Wish("live", "drop", None, "slow"), "a-key")


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"HTTP/1.1 101 Switching Protocols", Answer(101, None)),
        (b"HTTP/1.1 101 X\r\nSec-WebSocket-Extensions: permessage-deflate", Answer(101, 15)),
        (
            b"HTTP/1.1 101 X\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12",
            Answer(101, 12),
        ),
        (b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5", Answer(503, None)),
    ],
)
def test_an_answer_is_read(head: bytes, answer: Answer) -> None:
    assert Answer.read(head) == answer


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"HTTP/1.1 401 Unauthorized", "was answered with HTTP/1.1 401"),
        (b"HTTP/1.1 500 Internal Server Error", "was answered with HTTP/1.1 500"),
        (b"HTTP/1.1 503 Service Unavailable", "nothing of when to try again"),
    ],
)
def test_an_answer_that_a_good_handshake_may_not_get_is_found(head: bytes, problem: str) -> None:
    with pytest.raises(ViolationError, match=problem):
        Answer.read(head)
