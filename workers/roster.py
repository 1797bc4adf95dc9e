"""Which subscribers an operator looks at first, and what is seen of each. Pure."""

from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest

from broker.inquiries import Order, SubscriberRow
from broker.messages import Channel
from workers.subscriber import Subscriber

Heads = Mapping[Channel, int]
"""Position of each stream's next event."""


def top(
    subscribers: Iterable[Subscriber], heads: Heads, by: Order, limit: int, taken_bytes: Callable[[Subscriber], int]
) -> list[Subscriber]:
    """Those with the most of something, the most first.

    Args:
        subscribers: of whom they are chosen.
        heads: of the streams.
        by: of what.
        limit: how many.
        taken_bytes: tells how many bytes one has taken.
    """

    def amount(subscriber: Subscriber) -> int:
        head = heads[subscriber.channel]
        match by:
            case "lag":
                return _lag(subscriber, head)
            case "dropped":
                return _dropped(subscriber, head)
            case "bytes":
                return taken_bytes(subscriber)

    return nlargest(limit, subscribers, key=amount)


def row(subscriber: Subscriber, heads: Heads, taken_bytes: int, key_id: str, address: str, since: int) -> SubscriberRow:
    """What is seen of one.

    Args:
        subscriber: the one.
        heads: of the streams.
        taken_bytes: that it has taken.
        key_id: public name of its key.
        address: where it comes from.
        since: when it was let in, Unix ms.
    """
    head = heads[subscriber.channel]
    return SubscriberRow(
        conn_id=subscriber.conn_id,
        channel=subscriber.channel,
        key_id=key_id,
        address=address,
        on_lag=subscriber.on_lag,
        since=since,
        lag=_lag(subscriber, head),
        dropped=_dropped(subscriber, head),
        bytes=taken_bytes,
        stalled=not subscriber.writable,
    )


def _lag(subscriber: Subscriber, head: int) -> int:
    return head - subscriber.position - _overflow(subscriber, head)


def _dropped(subscriber: Subscriber, head: int) -> int:
    return subscriber.dropped + _overflow(subscriber, head)


def _overflow(subscriber: Subscriber, head: int) -> int:
    """What it has lost already, though nobody has taken it away yet."""
    return 0 if subscriber.writable else subscriber.overflow(head)
