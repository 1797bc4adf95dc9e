"""A worker's parts wired to one loop: what the broker says goes to the fan-out and to the door."""

import asyncio
from collections.abc import Callable

import zmq
from msgspec.structs import asdict
from structlog.typing import FilteringBoundLogger

from broker.closing import SERVICE_RESTART
from broker.messages import (
    Beat,
    CatchUpWanted,
    Commit,
    Image,
    Keys,
    KeySeatAnswer,
    Published,
    Registered,
    Replay,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    ToWorker,
    decode_commit,
)
from broker.settings import Settings
from workers.connection import Connection
from workers.door import Door
from workers.fanout import Fanout
from workers.feed import Feed
from workers.listener import BACKLOG, bound
from workers.pump import Pump
from workers.sequencer import NOTHING, Sequencer, Verdict

TICK_SECONDS = 1.0
WAITING_TICK_SECONDS = 0.05
"""Pace at which those are looked after who wait for a seat or for a snapshot."""
STALLED_TICK_SECONDS = 0.25
"""Pace at which full sockets are looked at: four such looks without a byte taken make one frozen."""
DRAINED_CHECK_SECONDS = 0.02


class Worker:
    """One worker, from its first hello to its last close.

    Args:
        loop: the process' loop.
        settings: the service's.
        log: the process' log.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: Settings, log: FilteringBoundLogger) -> None:
        self._loop = loop
        self._settings = settings
        self._log = log
        self._registered = False
        self._has_keys = False
        self._provided = asyncio.Event()
        self._sequencer = Sequencer()
        self._fanout = Fanout()
        self._pump = Pump(loop, self._fanout.begin, self._fanout.slice)
        self._feed = Feed(
            loop,
            zmq.Context[zmq.Socket[bytes]].instance(),
            settings.local_endpoint("events"),
            settings.local_endpoint("control"),
            self._published,
            self._pump.feed,
            self._answered,
        )
        self._door = Door(settings.cap, self._fanout, self._feed.send, compression=settings.compression == "on")
        self._tick()
        self._waiting_tick()
        self._stalled_tick()

    async def serve(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serve subscribers until told to stop, then part with them.

        Args:
            ready: called once subscribers are welcome.
            stop: set when it is time to go.

        Raises:
            OSError: if the address can't be used.
        """
        if not await self._until_provided(stop):
            return
        settings = self._settings
        listener = bound(settings.host, settings.port, settings.peer_timeout_seconds)
        server = await self._loop.create_server(lambda: Connection(self._door), sock=listener, backlog=BACKLOG)
        ready()
        await stop.wait()
        server.close()
        self._log.info("draining", **asdict(self._door.counts()))
        self._door.close(SERVICE_RESTART)
        deadline = self._loop.time() + settings.drain_seconds
        while not self._door.is_empty and self._loop.time() < deadline:
            await asyncio.sleep(DRAINED_CHECK_SECONDS)
        self._feed.close()

    async def _until_provided(self, stop: asyncio.Event) -> bool:
        """Wait for keys and image, but no longer than until the end; True if they came."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._provided, stop)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self._provided.is_set() and not stop.is_set()

    def _published(self, message: Published) -> None:
        match message:
            case Commit():
                self._carry_out(self._sequencer.offer(message))
            case Beat(incarnation=incarnation, head_seq=head_seq):
                self._meet(incarnation)
                self._carry_out(self._sequencer.beat(head_seq))

    def _meet(self, incarnation: int) -> None:
        """Say hello to a broker that we don't know, with every beat until it answers."""
        if incarnation != self._door.admission.incarnation:
            self._registered = False
            self._sequencer.wait()
        if not self._registered:
            self._feed.send(self._door.admission.hello(incarnation))

    def _answered(self, message: ToWorker) -> None:
        admission = self._door.admission
        match message:
            case Registered(incarnation=incarnation):
                if incarnation == admission.incarnation and not self._registered:
                    self._registered = True
                    self._door.carry_out(admission.registered())
                    self._carry_out(self._sequencer.registered())
            case Keys(records=records):
                self._has_keys = True
                self._door.set_keys(records)
            case Replay(incarnation=incarnation) | Image(incarnation=incarnation) if (
                incarnation != admission.incarnation
            ):
                # The answer of a broker that is no more; its successor was asked again.
                pass
            case Replay(commits=bodies):
                commits = [decode_commit(body) for body in bodies]
                self._log.info("replayed", commits=len(commits), since=self._sequencer.last)
                self._carry_out(self._sequencer.replayed(commits))
                self._pump.feed()
            case Image(seq=seq, fragments=fragments):
                self._log.info("image taken over", seq=seq, since=self._sequencer.last)
                last = self._sequencer.last
                # At least one, should the broker have gone back in time: what we showed is not what is.
                self._door.replace_image(fragments, 0 if last == NOTHING else max(1, seq - last))
                self._carry_out(self._sequencer.imaged(seq))
                self._pump.feed()
            case SeatsGranted():
                self._door.carry_out(admission.granted(message))
            case SeatsDenied():
                self._door.carry_out(admission.denied(message))
            case SeatsRecalled():
                self._door.carry_out(admission.recalled(message))
            case KeySeatAnswer():
                self._door.carry_out(admission.key_answered(message))
        if self._has_keys and self._sequencer.last != NOTHING:
            self._provided.set()

    def _carry_out(self, verdict: Verdict) -> None:
        for commit in verdict.apply:
            self._fanout.apply(commit, self._door.clock())
        if verdict.ask:
            self._feed.send(CatchUpWanted(self._door.admission.incarnation, self._sequencer.last))

    def _tick(self) -> None:
        self._loop.call_later(TICK_SECONDS, self._tick)
        self._door.tick()
        if self._registered:
            self._feed.send(self._door.counts())

    def _stalled_tick(self) -> None:
        self._loop.call_later(STALLED_TICK_SECONDS, self._stalled_tick)
        self._door.look_after_stalled()

    def _waiting_tick(self) -> None:
        self._loop.call_later(WAITING_TICK_SECONDS, self._waiting_tick)
        self._door.look_after_waiting()
