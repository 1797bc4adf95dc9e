"""Two producers: one that never rests, and one that has much to say at once."""

import asyncio
from random import Random
from typing import Self

from soak.ledger import Ledger
from soak.made_up import Feed
from soak.producer import Producer

STEADY_SECONDS = 0.04
STEADY_MOVES = 2
"""In each batch of the one that never rests: some 50 observations a second."""
BURST = 1500
"""Observations of a burst; they come as one batch, or as fast as one can follow the other."""


class Production:
    """Both.

    Args:
        endpoint: of the broker's socket.
        random: decides on what they see.
    """

    def __init__(self, endpoint: str, random: Random) -> None:
        self.ledgers = (Ledger("steady"), Ledger("burst"))
        self._random = random
        self._feeds = tuple(Feed(ledger.name, random) for ledger in self.ledgers)
        self._producers = tuple(Producer(endpoint, ledger) for ledger in self.ledgers)
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for producer in self._producers:
            producer.close()

    @property
    def acknowledged(self) -> int:
        """Batches that are."""
        return sum(ledger.acknowledged for ledger in self.ledgers)

    @property
    def repeated(self) -> int:
        """Batches that were sent again."""
        return sum(producer.repeated for producer in self._producers)

    async def open(self) -> None:
        """Have all games known."""
        for feed, producer in zip(self._feeds, self._producers, strict=True):
            await producer.deliver(feed.opening())

    async def go_on(self) -> None:
        """Send a little all the time, until finished."""
        feed, producer = self._feeds[0], self._producers[0]
        while not self._finished:
            await producer.deliver(feed.batch(STEADY_MOVES))
            await asyncio.sleep(STEADY_SECONDS)

    async def burst(self) -> None:
        """Send much at once."""
        feed, producer = self._feeds[1], self._producers[1]
        batches = self._random.choice((1, BURST))
        for _ in range(batches):
            await producer.deliver(feed.batch(BURST // batches))

    def finish(self) -> None:
        """What is under way is the last."""
        self._finished = True
