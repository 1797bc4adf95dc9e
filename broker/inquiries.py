"""What the HTTP process asks of the broker, and through it of the workers, over the control socket.

The broker passes questions on to every worker, and the answers back to the process id that asked.
"""

from typing import Literal, get_args

from msgspec import Struct

Order = Literal["lag", "bytes", "dropped"]
"""By what the top subscribers are chosen."""
ORDERS: tuple[Order, ...] = get_args(Order)


class StateWanted(Struct, frozen=True, array_like=True, tag=20):
    """The whole state, once."""

    incarnation: int


class SubscribersWanted(Struct, frozen=True, array_like=True, tag=21):
    """The top subscribers of each worker.

    Args:
        incarnation: of the broker that is meant.
        asker: process id.
        ticket: comes back with the answer.
        by: what makes one a top one.
        limit: how many of each worker.
    """

    incarnation: int
    asker: int
    ticket: int
    by: Order
    limit: int


class CloseWanted(Struct, frozen=True, array_like=True, tag=22):
    """An end for one subscriber, whichever worker has it; `asker` and `ticket` likewise."""

    incarnation: int
    asker: int
    ticket: int
    conn_id: int


class SubscriberRow(Struct, frozen=True):
    """One subscriber, as operators see it.

    Args:
        conn_id: its number.
        channel: what it receives.
        key_id: public name of its key.
        address: where it comes from.
        on_lag: what it wants done when events were dropped.
        since: when it was let in, Unix ms.
        lag: events that it has yet to get.
        dropped: events that it has lost.
        bytes: that it has acknowledged so far.
        stalled: whether its socket takes no more for now.
    """

    conn_id: int
    channel: str
    key_id: str
    address: str
    on_lag: str
    since: int
    lag: int
    dropped: int
    bytes: int
    stalled: bool


class SubscribersTold(Struct, frozen=True, array_like=True, tag=23):
    """A worker's answer to SubscribersWanted; `worker` is its name."""

    incarnation: int
    asker: int
    ticket: int
    worker: str
    rows: tuple[SubscriberRow, ...]


class CloseTold(Struct, frozen=True, array_like=True, tag=24):
    """A worker's answer to CloseWanted: whether it had that subscriber."""

    incarnation: int
    asker: int
    ticket: int
    found: bool


Question = SubscribersWanted | CloseWanted
Answer = SubscribersTold | CloseTold
