"""Why the server ends a connection: one row a reason, used by all code and printed in the README."""

from enum import Enum
from typing import NamedTuple


class Reconnect(Enum):
    """What a client does after a close."""

    WITH_JITTER = "yes, after a random pause of up to 10 s"
    AFTER_FIX = "yes, once the client is mended"
    BACK_OFF = "yes, after a growing pause"
    NO = "no: the key is no longer good"
    NOT_WANTED = "no: ask the operator"


class Closing(NamedTuple):
    """One way to close: the code and reason on the wire (RFC 6455, 7.4), and the metric's label."""

    code: int
    reason: str
    reconnect: Reconnect
    label: str


SERVICE_RESTART = Closing(1012, "service restart", Reconnect.WITH_JITTER, "restart")
GOING_AWAY = Closing(1001, "going away", Reconnect.WITH_JITTER, "going_away")
PROTOCOL_ERROR = Closing(1002, "frames against RFC 6455", Reconnect.AFTER_FIX, "protocol_error")
BINARY_MESSAGE = Closing(1003, "only text messages are understood", Reconnect.AFTER_FIX, "binary")
INVALID_UTF8 = Closing(1007, "text message is not UTF-8", Reconnect.AFTER_FIX, "invalid_utf8")
KEY_REVOKED = Closing(1008, "key revoked or expired", Reconnect.NO, "key_revoked")
BY_OPERATOR = Closing(1008, "closed by the operator", Reconnect.NOT_WANTED, "operator")
FLOODING = Closing(1008, "more than 10 messages a second", Reconnect.BACK_OFF, "flooding")
MESSAGE_TOO_BIG = Closing(1009, "message of more than 4096 bytes", Reconnect.AFTER_FIX, "message_too_big")
INTERNAL_ERROR = Closing(1011, "internal error", Reconnect.WITH_JITTER, "internal_error")
LAGGED = Closing(1013, "lagged", Reconnect.BACK_OFF, "lagged")

BY_CLIENT = "client"
"""Metric's label of a close that the client began."""
LOST = "lost"
"""Metric's label of a connection that ended without a close frame."""

ALL = (
    GOING_AWAY,
    SERVICE_RESTART,
    PROTOCOL_ERROR,
    BINARY_MESSAGE,
    INVALID_UTF8,
    KEY_REVOKED,
    BY_OPERATOR,
    FLOODING,
    MESSAGE_TOO_BIG,
    INTERNAL_ERROR,
    LAGGED,
)

_LABELS = {each.code: each.label for each in reversed(ALL)}


def label_of(code: int) -> str:
    """The metric's label of a close frame that was sent without naming its row, by its code."""
    return _LABELS.get(code, BY_CLIENT)
