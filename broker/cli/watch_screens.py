"""Where `watch` shows frames: a table on the terminal, or one after the other."""

import select
import sys
import time
from typing import Protocol

import click
from rich.live import Live

from broker.cli.rate import Rate
from broker.cli.wanted import Wanted
from broker.cli.watch_table import render
from broker.view import View, decode

REFRESH_SECONDS = 0.25
"""Faster than anybody reads."""


class Screen(Protocol):
    """Where frames go."""

    def show(self, frame: bytes) -> None:
        """Take the next frame."""

    def refresh(self) -> None:
        """Draw, if it is time to."""

    def say(self, text: str) -> None:
        """Tell the person how the connection is."""


class Frames:
    """Frames on standard output, one a line, as they were received.

    Args:
        wanted: events of other games are left out.
    """

    def __init__(self, wanted: Wanted) -> None:
        # Whoever wants everything gets what this version doesn't understand, too.
        self._view = None if wanted.is_everything else View(wanted)
        self._reader = select.poll()
        # Nothing to wait for: the end of a pipe's reader is always reported (poll(2), POLLERR).
        self._reader.register(sys.stdout, 0)

    def show(self, frame: bytes) -> None:
        """Print at once, for whoever reads the pipe."""
        if self._view is not None:
            message = decode(frame)
            if message is not None and not self._view.apply(message, time.monotonic()):
                return
        sys.stdout.buffer.write(frame + b"\n")
        sys.stdout.buffer.flush()

    def refresh(self) -> None:
        """See whether anybody still reads: while nothing comes in, no write finds out."""
        if self._reader.poll(0):
            raise BrokenPipeError

    def say(self, text: str) -> None:
        """Print beside the frames."""
        click.echo(f"books-relayer: {text}", err=True)


class Picture:
    """A table on the terminal.

    Args:
        live: the terminal.
        channel: what is watched.
        wanted: which games are shown.
    """

    def __init__(self, live: Live, channel: str, wanted: Wanted) -> None:
        self._live = live
        self._channel = channel
        self._view = View(wanted)
        self._rates = {"events/s": Rate(), "prices/s": Rate()}
        self._status = ""
        self._next_refresh = 0.0

    def show(self, frame: bytes) -> None:
        """Fold into the view."""
        message = decode(frame)
        if message is not None:
            self._view.apply(message, time.monotonic())

    def refresh(self) -> None:
        """Draw, a few times a second."""
        now = time.monotonic()
        if now < self._next_refresh:
            return
        self._next_refresh = now + REFRESH_SECONDS
        totals = (self._view.events, self._view.price_events)
        rates = "  ".join(
            f"{rate.update(now, total):.0f} {unit}"
            for (unit, rate), total in zip(self._rates.items(), totals, strict=True)
        )
        title = f"{self._channel}: {self._status}  {rates}  {self._view.dropped} dropped"
        self._live.update(render(self._view, title, self._live.console.height, now), refresh=True)

    def say(self, text: str) -> None:
        """Show in the title, at once."""
        self._status = text
        self._next_refresh = 0.0
        self.refresh()
