"""What a subscriber wants of the service, and how it reads: drawn by the seed. Pure."""

from random import Random
from typing import Literal, NamedTuple, Self

from broker.messages import Channel
from workers.subscriber import ON_LAG, OnLag

Pace = Literal["steady", "slow", "sleepy"]


class Wish(NamedTuple):
    """A subscriber's kind.

    Args:
        channel: what it subscribes to.
        on_lag: what it wants done when events were dropped.
        window_bits: of the compression that it offers, None for no offer.
        pace: steady ones always read, slow ones in portions, sleepy ones stop now and then.
    """

    channel: Channel
    on_lag: OnLag
    window_bits: int | None
    pace: Pace

    @classmethod
    def draw(cls, random: Random) -> Self:
        """One of all kinds: most read steadily, and get prices."""
        channels: tuple[Channel, ...] = ("odds", "odds", "live")
        paces: tuple[Pace, ...] = ("steady", "steady", "steady", "sleepy", "slow")
        windows = (None, None, 15, 12)
        return cls(random.choice(channels), random.choice(ON_LAG), random.choice(windows), random.choice(paces))
