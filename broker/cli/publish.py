"""`books-relayer publish`: observations from files or standard input to the broker, acknowledged."""

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import click

from broker.cli.delivery import Delivery
from broker.cli.options import with_config, with_options, with_settings
from broker.cli.tables import PublishOptions
from broker.observations import OBSERVATION_LIMIT_BYTES
from broker.recordings import BATCH_LINES, Line, lines
from broker.settings import Settings

READ_BYTES = 65_536
"""What a pipe of Linux holds: all that has arrived is one batch."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@with_options(PublishOptions)
@with_settings("ingest", "ingest_keys", "runtime_dir")
@with_config
def publish(files: tuple[Path, ...], settings: Settings, options: PublishOptions) -> int:
    """Send observations, one a line of JSON, to the broker, and wait until it has them.

    From FILEs, also gzipped ones, else from standard input, whose lines are sent as they arrive. What is rejected is
    printed with its line and the reason, and the exit code is then 1. Without a broker, and while it can't store
    anything, it tries again and again.
    """
    del options  # There are none so far.
    batches = _batches(files) if files else arriving(sys.stdin.fileno())
    with Delivery(settings) as delivery:
        try:
            for batch in batches:
                delivery.send(batch)
        finally:
            delivery.say_summary()
    return 1 if delivery.rejected else 0


def arriving(descriptor: int) -> Iterator[Sequence[Line]]:
    """Read lines as they come: whatever has arrived is one batch, and nothing waits for more.

    Args:
        descriptor: of a pipe, terminal or file, read to its end.
    """
    rest = b""
    number = 1
    while chunk := os.read(descriptor, READ_BYTES):
        *complete, rest = (rest + chunk).split(b"\n")
        if batch := _stdin_lines(complete, number):
            yield batch
        number += len(complete)
        # A line without an end must not fill the memory; a line of this length is rejected.
        rest = rest[: OBSERVATION_LIMIT_BYTES + 1]
    if batch := _stdin_lines([rest], number):
        yield batch


def _batches(files: Sequence[Path]) -> Iterator[Sequence[Line]]:
    all_lines = chain.from_iterable(map(lines, files))
    while batch := list(islice(all_lines, BATCH_LINES)):
        yield batch


def _stdin_lines(texts: Sequence[bytes], first_number: int) -> list[Line]:
    return [
        Line(stripped, f"stdin:{number}")
        for number, text in enumerate(texts, first_number)
        if (stripped := text.strip())
    ]
