"""The command line of scripts/soak."""

import asyncio
import resource
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
import uvloop
from msgspec import json

from service.running import Service
from soak.aftermath import check_log, check_port
from soak.figures import Figures
from soak.soak import soak
from soak.violation import ViolationError

DRAIN_SECONDS = 2.0
"""Short, so that a restart costs little of the time."""


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long faults go on.")
@click.option("--seed", type=int, help="Of all that is drawn; without it a fresh one.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Of the service.")
@click.option("--cap", default=300, show_default=True, type=click.IntRange(10), help="Seats of the service.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Where the figures go, too.")
def main(seconds: float, seed: int | None, workers: int, cap: int, file: Path | None) -> None:
    """Put the service through random faults and hold it to its promises; exit code 1 if it breaks one.

    The seed gives the same faults in the same order again, though not at the same microsecond.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    click.echo(f"seed {seed}, {workers} workers, {cap} seats")
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    figures = Figures(seed, workers, cap)
    root = Path(tempfile.mkdtemp(prefix="soak-"))
    began = time.monotonic()
    broken: BaseException | None = None
    try:
        _run(root, figures, seconds)
    except* (ViolationError, AssertionError) as group:
        broken = _first(group)
    if broken:
        moment = time.monotonic() - began
        click.echo(f"BROKEN after {moment:.1f} s with seed {seed}: {broken}\nLog and data: {root}", err=True)
        sys.exit(1)
    shutil.rmtree(root)
    if file:
        file.write_bytes(json.format(json.encode(figures)))
    click.echo("\n".join(("", *figures.lines(), "", f"every promise kept for {figures.seconds:.0f} s, seed {seed}")))


def _run(root: Path, figures: Figures, seconds: float) -> None:
    with Service(root, workers=figures.workers, cap=figures.cap, drain_seconds=DRAIN_SECONDS) as service:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(soak(service, figures, seconds, click.echo))
        service.stop()
        check_port(service.port)
    check_log(service.log_file)


def _first(broken: BaseExceptionGroup[BaseException]) -> BaseException:
    error = broken.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    main()
