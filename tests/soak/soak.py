"""One soak: round after round of faults, and the reckoning at the end."""

import asyncio
from collections.abc import Callable
from random import Random

from service.running import Service
from soak.crowd import Member
from soak.faults import Draw, Fault, Round
from soak.figures import Figures
from soak.footprint import compare
from soak.handshake import FULL, SWITCHING
from soak.production import Production
from soak.reckoning import reckon
from soak.scene import Scene
from soak.violation import ViolationError

MEMBERS_SHARE = 0.8
"""Of the seats, taken by those who always want in."""
STORM_SHARE = 0.5
"""Of the seats, wanted by a storm on top of that."""
TOO_MANY = 50
"""More than there are seats, when exactly as many as there are must get in."""
LEAVERS_SHARE = 0.1
SLEEP_SECONDS = (1.5, 4.0)
BEFORE_BURST_SECONDS = (0.0, 1.5)
REST_SECONDS = (0.0, 1.0)


async def soak(service: Service, figures: Figures, seconds: float, tell: Callable[[str], None]) -> None:
    """Put a service through it.

    Args:
        service: that is ready, and that nobody has used yet.
        figures: with seed, workers and cap; the rest is filled in.
        seconds: in which rounds begin.
        tell: called with each line for people.

    Raises:
        ExceptionGroup: of ViolationError or AssertionError, if a promise is broken.
    """
    random = Random(figures.seed)
    with Production(service.endpoint, Random(random.random())) as production:
        async with asyncio.TaskGroup() as group:
            scene = Scene(service, production, figures.workers, figures.cap, Random(random.random()), group)
            watching = [group.create_task(each) for each in (scene.inspector.watch(), scene.inspector.excuse())]
            await production.open()
            producing = group.create_task(production.go_on())
            run = Soak(scene, figures, random, group, tell)
            await run.begin()
            await run.go_on(seconds)
            production.finish()
            await producing
            await scene.up_to_date()
            await reckon(scene, service.data_dir)
            await run.end()
            for task in watching:
                task.cancel()
    compare(figures.before, figures.after)


class Soak:
    """What happens, in order.

    Args:
        scene: on which it happens.
        figures: filled in.
        random: decides on everything.
        group: all tasks.
        tell: called with each line for people.
    """

    def __init__(
        self, scene: Scene, figures: Figures, random: Random, group: asyncio.TaskGroup, tell: Callable[[str], None]
    ) -> None:
        self._scene = scene
        self._figures = figures
        # The faults are a matter of the seed alone; who sleeps or leaves is a matter of who is there, too.
        self._draw = Draw(Random(random.random()), scene.children)
        self._random = random
        self._group = group
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def begin(self) -> None:
        """See the house full once, measure it empty, and let those in who stay."""
        await self._fill_exactly()
        self._figures.before = await self._scene.deserted()
        self._scene.crowd.add(round(MEMBERS_SHARE * self._figures.cap))
        await self._scene.recovered()

    async def go_on(self, seconds: float) -> None:
        """Round after round, until so much time has passed."""
        while self._elapsed < seconds:
            await self._round(self._draw.round())
            await asyncio.sleep(self._random.uniform(*REST_SECONDS))

    async def end(self) -> None:
        """Let all go, see the house full once more, and measure it empty."""
        await self._scene.crowd.remove(self._scene.crowd.members)
        await self._scene.deserted()
        await self._fill_exactly()
        self._figures.after = await self._scene.deserted()
        self._figures.seconds = self._elapsed
        self._figures.sum_up(self._scene)

    @property
    def _elapsed(self) -> float:
        return self._loop.time() - self._began

    async def _round(self, drawn: Round) -> None:
        scene, cap = self._scene, self._figures.cap
        inside = scene.house.count
        calm = not (drawn.faults or drawn.sleepers or drawn.leavers)
        async with scene.crowd.storm(round(STORM_SHARE * cap) if drawn.storm else 0) as storm:
            self._figures.storms += drawn.storm
            if storm and calm:
                await self._get_exactly(storm, cap - inside)
            happening = ((drawn.burst, self._burst), (drawn.sleepers, self._put_to_sleep), (drawn.leavers, self._leave))
            meanwhile = [self._group.create_task(what()) for happens, what in happening if happens]
            if drawn.faults:
                await self._suffer(drawn.faults)
            await asyncio.gather(*meanwhile)
            await scene.recovered()
        await scene.recovered()

    async def _suffer(self, faults: tuple[Fault, ...]) -> None:
        moment = self._elapsed
        replaced = await self._scene.injector.inject(faults)
        began = self._elapsed
        await self._scene.recovered()
        self._scene.injector.check_spared()
        more = self._elapsed - began
        for fault, seconds in zip(faults, replaced, strict=True):
            self._figures.count(fault, seconds, seconds + more, alone=len(faults) == 1)
        told = ", ".join(f"{fault} {seconds:.2f} s" for fault, seconds in zip(faults, replaced, strict=True))
        self._tell(f"{moment:7.1f} s  {told}; all up to date {more:.2f} s later")

    async def _burst(self) -> None:
        self._figures.bursts += 1
        await asyncio.sleep(self._random.uniform(*BEFORE_BURST_SECONDS))
        await self._scene.production.burst()

    async def _put_to_sleep(self) -> None:
        sleepy = [each for each in self._scene.inside() if each.wish.pace == "sleepy"]
        sleepers = self._random.sample(sleepy, len(sleepy) // 2)
        for connection in sleepers:
            connection.sleep()
        await asyncio.sleep(self._random.uniform(*SLEEP_SECONDS))
        for connection in sleepers:
            connection.wake()

    async def _leave(self) -> None:
        inside = self._scene.inside()
        for connection in self._random.sample(inside, round(LEAVERS_SHARE * len(inside))):
            connection.leave()

    async def _fill_exactly(self) -> None:
        """Of too many who come to an empty house exactly as many get in as there are seats."""
        async with self._scene.crowd.storm(self._figures.cap + TOO_MANY) as storm:
            await self._get_exactly(storm, self._figures.cap)

    async def _get_exactly(self, storm: list[Member], free: int) -> None:
        statuses = await asyncio.gather(*(member.first_status for member in storm))
        got = (statuses.count(SWITCHING), statuses.count(FULL))
        if got != (free, len(storm) - free):
            raise ViolationError(f"{len(storm)} came for {free} seats: {got[0]} got in, {got[1]} were refused")
