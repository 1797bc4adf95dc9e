"""Everybody on the scene, service, producers and subscribers, and whether all is as it has to be."""

import asyncio
from functools import partial
from random import Random

from service.processes import clients_accepted, clients_of
from service.running import Service
from service.waiting import eventually
from soak.connection import Connection
from soak.crowd import Crowd
from soak.emitted import Emitted
from soak.footprint import Footprint, footprints
from soak.house import House
from soak.injector import WITHOUT_SUBSCRIBERS, Injector
from soak.inspector import Inspector
from soak.production import Production

WHOLE_SECONDS = 20.0
"""Until all who want in are in and up to date, once the processes are as they have to be."""


class Scene:
    """All parts of a soak, wired together.

    Args:
        service: under test.
        production: its producers.
        workers: how many it has.
        cap: its seats.
        random: decides who subscribes to what.
        group: all tasks.
    """

    def __init__(
        self, service: Service, production: Production, workers: int, cap: int, random: Random, group: asyncio.TaskGroup
    ) -> None:
        self.production = production
        self.children = (*WITHOUT_SUBSCRIBERS, *(f"worker-{number}" for number in range(1, workers + 1)))
        self.emitted = Emitted()
        self.house = House(cap, partial(clients_accepted, service.port))
        self.crowd = Crowd(service, self.house, self.emitted, random, group)
        self.inspector = Inspector(service, cap, self.emitted, production.ledgers, self.crowd)
        self.injector = Injector(service, self.crowd, self.children)
        self._service = service
        self._cap = cap

    def inside(self) -> list[Connection]:
        """All who are in, as far as they know."""
        return [connection for connection in self.crowd.connections if connection.is_here]

    async def recovered(self) -> None:
        """Wait until all who want in are in as far as there are seats, producers are served, and all are up to date."""
        await eventually(self._is_filled, "all are in who want in", WHOLE_SECONDS)
        acknowledged = self.production.acknowledged
        await eventually(lambda: self.production.acknowledged > acknowledged, "producers are served", WHOLE_SECONDS)
        await self.up_to_date()

    async def up_to_date(self) -> None:
        """Wait until all who read have got what was emitted by now."""
        await self.inspector.look()
        counts = self.emitted.counts
        await eventually(
            lambda: all(
                each.continuity.position >= counts[each.wish.channel] for each in self.inside() if not each.is_asleep
            ),
            "all are up to date",
            WHOLE_SECONDS,
        )

    async def deserted(self) -> dict[str, Footprint]:
        """Wait until everybody has left and the service knows it: what its processes hold then."""
        port, workers = self._service.port, self._service.workers
        await eventually(
            lambda: not any(clients_of(pid, port) for pid in workers), "all connections are closed", WHOLE_SECONDS
        )
        return footprints(self._service, self.children)

    def _is_filled(self) -> bool:
        """Whether as many are in as want in, or as there are seats."""
        inside, wanted = self.inside(), len(self.crowd.members)
        asleep = [each for each in inside if each.is_asleep]
        if len(inside) < min(self._cap, wanted - len(asleep)):
            return False
        standing = clients_accepted(self._service.port)
        # Who sleeps may have been cut off without knowing it, and doesn't come back before it wakes.
        unaware = sum(each.port not in standing for each in asleep)
        return self.house.count == min(self._cap, wanted - unaware)
