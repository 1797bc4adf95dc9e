"""The broker's parts wired to one loop."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import zmq
from structlog.typing import FilteringBoundLogger

from broker import conn_ids
from broker.board import Board
from broker.bus import Bus
from broker.clerk import Clerk
from broker.desk import Desk
from broker.gate import Gate
from broker.ingest import Ingest
from broker.inquiries import CloseTold, CloseWanted, StateWanted, SubscribersTold, SubscribersWanted
from broker.journal import Journal, JournalError
from broker.keys import DATABASE_NAME as KEYS_DATABASE_NAME
from broker.keys import KeyStore, KeyStoreError
from broker.leash import Orders
from broker.messages import Beat, ToBroker, encode, figures
from broker.outage import Outage
from broker.processes import ProcessWatch
from broker.relay import Batch, Relay
from broker.reports import Report
from broker.seats import Seats
from broker.state import Changes
from broker.ticker import Ticker

BEAT_SECONDS = 0.25
"""How soon a worker learns of a new broker, or that the last commits before a silence never came. Keys are looked
after at the same pace: a change is to take effect within 1 s."""
REPORT_SECONDS = 1.0
"""How often figures are told."""
KEYS_PATIENCE_SECONDS = 0.25
"""How long the loop waits for a `keys` command that is just writing: some ms, with a slow disk more."""
HOUSEKEEPING_SECONDS = 60.0
"""How often what is old is forgotten and a summary is logged."""


class Broker:
    """One run of the broker.

    Args:
        loop: the process' loop.
        orders: settings, and the workers that may hold seats already.
        log: the process' log.

    Raises:
        ConnIdsError, JournalError, KeyStoreError, CurveKeysError, OpenToOthersError: if one of the directories can't be
            used.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, orders: Orders, log: FilteringBoundLogger) -> None:
        settings = orders.settings
        data_dir = Path(settings.data_dir)
        self._log = log
        self._journal = Journal(data_dir, settings.durability)
        self._keys = KeyStore(data_dir / KEYS_DATABASE_NAME, KEYS_PATIENCE_SECONDS)
        self._keys_version = -1
        self._keys_outage = Outage(
            "keys can't be read, the last known ones stay", "keys can be read again", log, time.monotonic
        )
        writing = Outage("can't write, producers are refused", "writing works again", log, time.monotonic)
        self._check_writable(writing, has_workers=bool(orders.worker_pids))
        first_conn_id = conn_ids.reserve(Path(settings.runtime_dir) / conn_ids.FILE_NAME)
        self._incarnation = first_conn_id // conn_ids.PER_START + 1
        context = zmq.Context[zmq.Socket[bytes]].instance()
        self._bus = Bus(
            loop,
            context,
            settings.local_endpoint("events"),
            settings.local_endpoint("control"),
            self._handle,
            log,
        )
        self._board = Board(context, settings.local_endpoint("board"))
        self._relay = Relay(self._journal, self._bus.publish, writing, self._changed)
        self._watch = ProcessWatch(loop, self._worker_gone)
        self._seats = Seats(settings.cap, first_conn_id, orders.worker_pids)
        self._desk = Desk(
            self._incarnation,
            self._relay,
            self._journal,
            self._seats,
            self._bus.send,
            self._watch.add,
            loop.call_later,
            log,
        )
        self._clerk = Clerk(
            self._incarnation,
            self._relay.state,
            lambda: self._relay.head_seq,
            lambda: self._desk.staff,
            self._board.post,
            self._bus.send,
            loop.call_later,
        )
        for pid in orders.worker_pids:
            self._watch.add(pid)
        keys_dir = settings.ingest_keys_dir
        self._gate = Gate(loop, context, keys_dir, log, time.monotonic) if keys_dir else None
        self._ingest = Ingest(loop, context, settings.ingest_endpoint, self._take, self._gate)
        self._tickers = (
            Ticker(loop, BEAT_SECONDS, self._beat),
            Ticker(loop, REPORT_SECONDS, self._report),
            Ticker(loop, HOUSEKEEPING_SECONDS, self._keep_house),
        )

    def close(self) -> None:
        """Take nothing any more and close the database in order."""
        for ticker in self._tickers:
            ticker.stop()
        self._ingest.close()
        if self._gate:
            self._gate.close()
        self._watch.close()
        self._bus.close()
        self._board.close()
        self._journal.close()

    def _check_writable(self, writing: Outage, has_workers: bool) -> None:
        try:
            self._journal.check_writable()
        except JournalError as error:
            if not has_workers:
                raise
            # There may be subscribers, who are better served by a broker that refuses producers than by none.
            writing.failed(error)

    def _take(self, batches: Sequence[Batch]) -> list[bytes]:
        return self._relay.take(batches, _now_ms())

    def _handle(self, sender: int, message: ToBroker) -> None:
        match message:
            case StateWanted() | SubscribersWanted() | CloseWanted() | SubscribersTold() | CloseTold():
                self._clerk.handle(sender, message)
            case _:
                self._desk.handle(sender, message)

    def _changed(self, changes: Changes) -> None:
        self._clerk.changed(changes)

    def _worker_gone(self, pid: int) -> None:
        # Its last words: whoever adds up what workers counted learns of them only while it is one of them.
        self._bus.read()
        self._report()
        self._desk.gone(pid)
        self._report()

    def _report(self) -> None:
        state, tally, staff = self._relay.state, self._relay.tally, self._desk.staff
        self._board.post(
            Report(
                incarnation=self._incarnation,
                number=self._clerk.number,
                seq=self._relay.head_seq,
                games=len(state.games),
                prices=state.price_count,
                seats_held=self._seats.cap - self._seats.free,
                workers=staff.reports,
                gone=staff.gone,
                tally=tally.report,
                book_ages=tally.book_ages(time.monotonic()),
                wal_bytes=self._journal.wal_bytes(),
            )
        )

    def _beat(self) -> None:
        self._bus.publish(encode(Beat(self._incarnation, self._relay.head_seq)))
        self._follow_keys()
        if self._gate:
            self._gate.refresh()

    def _follow_keys(self) -> None:
        try:
            version = self._keys.version()
            if version != self._keys_version:
                self._desk.set_keys(self._keys.records())
                self._keys_version = version
        except KeyStoreError as error:
            self._keys_outage.failed(error)
        else:
            self._keys_outage.worked()

    def _keep_house(self) -> None:
        self._relay.expire(_now_ms())
        staff = self._desk.staff
        games = len(self._relay.state.games)
        totals = figures(staff.counts)
        self._log.info("summary", seq=self._relay.head_seq, games=games, workers=len(staff.reports), **totals)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
