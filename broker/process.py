"""The broker's parts wired to one loop."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import zmq
from msgspec.structs import asdict
from structlog.typing import FilteringBoundLogger

from broker.bus import Bus
from broker.desk import Desk
from broker.ingest import Ingest
from broker.journal import CONN_IDS_PER_START, Journal, JournalError
from broker.keys import DATABASE_NAME as KEYS_DATABASE_NAME
from broker.keys import KeyStore, KeyStoreError
from broker.leash import Orders
from broker.messages import Beat, Counts, ToBroker, encode
from broker.processes import ProcessWatch
from broker.relay import Batch, Relay
from broker.seats import Seats

BEAT_SECONDS = 0.25
"""How soon a worker learns of a new broker, or that the last commits before a silence never came. Keys are looked
after at the same pace: a change is to take effect within 1 s."""
HOUSEKEEPING_SECONDS = 60.0
"""How often what is old is forgotten and a summary is logged."""


class Broker:
    """One run of the broker.

    Args:
        loop: the process' loop.
        orders: settings, and the workers that may hold seats already.
        log: the process' log.

    Raises:
        JournalError: if the database can't be used.
        KeyStoreError: if the keys can't be read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, orders: Orders, log: FilteringBoundLogger) -> None:
        settings = orders.settings
        data_dir = Path(settings.data_dir)
        self._loop = loop
        self._log = log
        self._journal = Journal(data_dir, settings.durability)
        self._keys = KeyStore(data_dir / KEYS_DATABASE_NAME)
        self._keys_version = -1
        first_conn_id = self._journal.reserve_conn_ids()
        self._incarnation = first_conn_id // CONN_IDS_PER_START + 1
        context = zmq.Context[zmq.Socket[bytes]].instance()
        self._bus = Bus(
            loop,
            context,
            settings.local_endpoint("events"),
            settings.local_endpoint("control"),
            self._handle,
            log,
        )
        self._relay = Relay(self._journal, self._bus.publish)
        self._watch = ProcessWatch(loop, self._worker_gone)
        seats = Seats(settings.cap, first_conn_id, orders.worker_pids)
        self._desk = Desk(
            self._incarnation,
            self._relay,
            self._journal,
            seats,
            self._bus.send,
            self._watch.add,
            log,
        )
        for pid in orders.worker_pids:
            self._watch.add(pid)
        self._ingest = Ingest(loop, context, settings.ingest_endpoint, self._take)
        self._beat()
        self._housekeeping()

    def close(self) -> None:
        """Take nothing any more and close the database in order."""
        self._ingest.close()
        self._watch.close()
        self._bus.close()
        self._journal.close()

    def _take(self, batches: Sequence[Batch]) -> list[bytes]:
        return self._relay.take(batches, _now_ms())

    def _handle(self, worker: int, message: ToBroker) -> None:
        self._desk.handle(worker, message)

    def _worker_gone(self, pid: int) -> None:
        self._desk.gone(pid)

    def _beat(self) -> None:
        self._loop.call_later(BEAT_SECONDS, self._beat)
        self._bus.publish(encode(Beat(self._incarnation, self._relay.head_seq)))
        try:
            version = self._keys.version()
            if version != self._keys_version:
                self._desk.set_keys(self._keys.records())
                self._keys_version = version
        except KeyStoreError as error:
            self._log.error("keys can't be read, the last known ones stay", error=str(error))

    def _housekeeping(self) -> None:
        self._loop.call_later(HOUSEKEEPING_SECONDS, self._housekeeping)
        try:
            self._relay.expire(_now_ms())
        except JournalError as error:
            self._log.error("old games stay for now", error=str(error))
        counts = [asdict(each) for each in self._desk.counts.values()]
        totals = {name: sum(each[name] for each in counts) for name in Counts.__struct_fields__}
        games = len(self._relay.state.games)
        self._log.info("summary", seq=self._relay.head_seq, games=games, workers=len(counts), **totals)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
