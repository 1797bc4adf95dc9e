"""What publish and replay share: batches go to the broker, and the person at the terminal sees how it goes."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from broker.cli.rate import Rate
from broker.observations import OBSERVATION_LIMIT_BYTES
from broker.producer import Producer
from broker.recordings import Line
from broker.settings import Settings


class Delivery:
    """Sends batches, prints what was rejected, and counts. A context manager.

    Args:
        settings: where the broker's producers' socket is, and with which keys it is spoken to.
        total: length of the progress bar, None when the end is not known.
    """

    def __init__(self, settings: Settings, total: float | None = None) -> None:
        self.accepted = 0
        self.events = 0
        self.rejected = 0
        self._console = Console(stderr=True, soft_wrap=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            *([] if total is None else [BarColumn(), TextColumn("{task.percentage:3.0f} %")]),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)
        self._observation_rate = Rate()
        self._event_rate = Rate()
        self._started = time.monotonic()
        self.is_refused = False
        """Whether the broker has not taken the present batch, so far."""
        self._settings = settings
        self._open = ExitStack()

    def __enter__(self) -> Self:
        settings = self._settings
        producer = Producer(settings.ingest_endpoint, on_retry=self._tell_once, keys=settings.ingest_keys_dir)
        self._producer = self._open.enter_context(producer)
        self._open.enter_context(self._progress)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def send(self, lines: Sequence[Line], where: str = "", completed: float = 0) -> None:
        """Send one batch and wait until the broker has it.

        Args:
            lines: not empty, none of them blank.
            where: the position, as a person reads it.
            completed: the position, as part of `total`.

        Raises:
            BrokerUnreachableError: if what answers is no broker.
        """
        # The broker refuses what is longer, and one byte more says so: no need to carry all of it there.
        receipt = self._producer.send([line.text[: OBSERVATION_LIMIT_BYTES + 1] for line in lines])
        self.is_refused = False
        self.accepted += receipt.accepted
        self.events += receipt.events
        self.rejected += len(receipt.rejected)
        for rejection in receipt.rejected:
            # A line that is a JSON array is several observations: the last line stands for the rest.
            line = lines[min(rejection.index, len(lines) - 1)]
            self._say(f"{line.place}: {rejection.error}")
        self._show(where, completed)

    def say_summary(self) -> None:
        """Print one line on what was done."""
        seconds = time.monotonic() - self._started
        self._say(
            f"{self.accepted} observations accepted, {self.rejected} rejected, {self.events} events in {seconds:.1f} s"
        )

    def _show(self, where: str, completed: float) -> None:
        now = time.monotonic()
        observations = self._observation_rate.update(now, self.accepted)
        events = self._event_rate.update(now, self.events)
        self._progress.update(
            self._task,
            completed=completed,
            description=f"{where} {self.accepted} accepted, {self.rejected} rejected, "
            f"{observations:.0f} obs/s, {events:.0f} events/s".lstrip(),
        )

    def _tell_once(self, problem: str) -> None:
        # Once an outage, not once a try.
        if not self.is_refused:
            self._say(f"{problem}; trying again…")
        self.is_refused = True

    def _say(self, text: str) -> None:
        self._console.print(Text(text))
