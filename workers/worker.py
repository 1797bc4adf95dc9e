"""A worker's parts wired to one loop: what the broker says goes to the fan-out and to the door."""

import asyncio
from collections.abc import Callable
from random import random

import zmq
from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from broker.inquiries import Answer, CloseTold, CloseWanted, Question, SubscribersTold, SubscribersWanted
from broker.leash import Pulse
from broker.messages import (
    Beat,
    CatchUpWanted,
    Commit,
    Image,
    Keys,
    KeySeatAnswer,
    KeySeatsCalled,
    Published,
    Registered,
    Replay,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    ToWorker,
    decode_commit,
    figures,
)
from broker.settings import Settings
from broker.ticker import Ticker
from workers.admission import Verdict as SeatVerdict
from workers.connection import Connection
from workers.door import Door
from workers.drain import Drain
from workers.entrance import Entrance
from workers.fanout import Fanout
from workers.feed import Feed
from workers.listener import BACKLOG, bound, queued
from workers.pump import Pump
from workers.sequencer import NOTHING, Sequencer, Verdict

TICK_SECONDS = 1.0
WAITING_TICK_SECONDS = 0.05
"""Pace at which those are looked after who wait for a seat or for a snapshot."""
QUARTER_TICK_SECONDS = 0.25
"""Pace at which full sockets are looked at: four such looks without a byte taken make one frozen. Keys are looked at as
well: who has one that expires is to be gone within a second."""
PORTION_SECONDS = 0.02
"""Pace of the portions in which subscribers are closed: of 10,000 in 5 s each is some 50, about 1 ms of work."""
REQUEST_SECONDS = 1.0
"""Time for the request of a client that was accepted last; after that it is told to come again."""


SeatsAnswer = SeatsGranted | SeatsDenied | SeatsRecalled | KeySeatAnswer | KeySeatsCalled
SeatVerdicts = list[SeatVerdict[Connection]]


class Stop:
    """The end of a worker, once it is known."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.seconds = 0.0
        """Time to part with the subscribers."""

    def within(self, seconds: float) -> None:
        """Stop; told more than once, the first time counts."""
        if not self.told.is_set():
            self.seconds = seconds
            self.told.set()


class Worker:
    """One worker, from its first hello to its last close.

    Args:
        loop: the process' loop.
        settings: the service's.
        name: of the process.
        log: the process' log.

    Raises:
        SettingsError: if the certificate can't be used.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, settings: Settings, name: str, log: FilteringBoundLogger
    ) -> None:
        self._loop = loop
        self._name = name
        self._settings = settings
        self._log = log
        self._registered = False
        self._has_keys = False
        self._provided = asyncio.Event()
        self._sequencer = Sequencer()
        self._fanout = Fanout(encrypted=bool(settings.tls_cert))
        self._pump = Pump(loop, self._fanout.begin, self._fanout.slice, self._fanout.end)
        self._feed = Feed(
            loop,
            zmq.Context[zmq.Socket[bytes]].instance(),
            settings.local_endpoint("events"),
            settings.local_endpoint("control"),
            self._published,
            self._pump.feed,
            self._answered,
        )
        self._door = Door(settings, self._fanout, self._feed.send, self._feed.listen)
        self._entrance = Entrance(self._door, settings, log)
        self._tickers = (
            Ticker(loop, TICK_SECONDS, self._tick),
            Ticker(loop, WAITING_TICK_SECONDS, self._door.look_after_waiting),
            Ticker(loop, QUARTER_TICK_SECONDS, self._quarter_tick),
        )

    async def serve(self, ready: Callable[[], None], stop: Stop) -> None:
        """Serve subscribers until told to stop, then part with them.

        Args:
            ready: called once subscribers are welcome.
            stop: tells when it is time to go.

        Raises:
            OSError: if the address can't be used.
        """
        if not await self._until_provided(stop):
            return
        settings = self._settings
        listener = bound(settings.host, settings.port, settings.peer_timeout_seconds)
        server = await self._loop.create_server(self._entrance.connection, sock=listener, backlog=BACKLOG)
        ready()
        await stop.told.wait()
        # The kernel resets those who wait in the queue of a listener that closes.
        accepting = [self._loop.connect_accepted_socket(self._entrance.connection, each) for each in queued(listener)]
        server.close()
        await asyncio.gather(*accepting)
        self._log.info("draining", accepted_last=len(accepting), **figures(self._door.counts()))
        await self._drain(stop.seconds)
        self._feed.send(self._door.counts())
        for ticker in self._tickers:
            ticker.stop()
        self._feed.close()

    def pulse(self) -> Pulse:
        """What the supervisor is told every second."""
        return Pulse(self._door.subscribers)

    async def _drain(self, seconds: float) -> None:
        door, began = self._door, self._loop.time()
        drain = Drain(began, seconds, random)
        while not door.is_empty:
            now = self._loop.time()
            door.part(drain.portion(door.subscribers, now))
            if now >= min(began + REQUEST_SECONDS, drain.close_by):
                door.part_with_unfinished()
            if now >= drain.end_by:
                door.cut_off()
            await asyncio.sleep(PORTION_SECONDS)

    async def _until_provided(self, stop: Stop) -> bool:
        """Wait for keys and image, but no longer than until the end; True if they came."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._provided, stop.told)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self._provided.is_set() and not stop.told.is_set()

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
            self._feed.send(replace(self._door.admission.hello(incarnation), name=self._name))

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
            case SubscribersWanted() | CloseWanted():
                self._feed.send(self._asked(message))
            case _:
                self._door.carry_out(self._seats_answered(message))
        if self._has_keys and self._sequencer.last != NOTHING:
            self._provided.set()

    def _seats_answered(self, message: SeatsAnswer) -> SeatVerdicts:
        admission = self._door.admission
        match message:
            case SeatsGranted():
                return admission.granted(message)
            case SeatsDenied():
                return admission.denied(message)
            case SeatsRecalled():
                return admission.recalled(message)
            case KeySeatAnswer():
                return admission.key_answered(message)
            case KeySeatsCalled():
                return admission.key_seats_called(message)

    def _asked(self, question: Question) -> Answer:
        incarnation, asker, ticket = question.incarnation, question.asker, question.ticket
        match question:
            case SubscribersWanted(by=by, limit=limit):
                return SubscribersTold(incarnation, asker, ticket, self._name, self._door.top(by, limit))
            case CloseWanted(conn_id=conn_id):
                return CloseTold(incarnation, asker, ticket, self._door.close(conn_id))

    def _carry_out(self, verdict: Verdict) -> None:
        for commit in verdict.apply:
            self._fanout.apply(commit, self._door.clock())
        if verdict.ask:
            self._feed.send(CatchUpWanted(self._door.admission.incarnation, self._sequencer.last))

    def _tick(self) -> None:
        self._door.tick()
        self._entrance.tick()
        if self._registered:
            self._feed.send(self._door.counts())

    def _quarter_tick(self) -> None:
        self._door.look_after_stalled()
        self._door.look_after_keys()
