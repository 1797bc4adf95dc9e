"""`books-relayer replay`: recorded observations at their own pace, times a factor."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from broker.cli.delivery import Delivery
from broker.cli.options import with_config, with_options, with_settings
from broker.cli.tables import ReplayOptions
from broker.recordings import RecordingError, Schedule, Span, merged, pace, survey
from broker.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@with_options(ReplayOptions)
@with_settings("ingest", "ingest_keys", "runtime_dir")
@with_config
def replay(files: tuple[Path, ...], settings: Settings, options: ReplayOptions) -> int:
    """Play recorded observations, of several FILEs merged by their ts, also gzipped ones.

    What is rejected is printed with its line and the reason, and the exit code is then 1. Ctrl-C ends it with the
    summary of what was played; with 1, if a batch was not taken so far. Without a broker, and while it can't store
    anything, it tries again and again.
    """
    span = survey(merged(files))
    if span is None:
        raise RecordingError(f"no observations in {', '.join(map(str, files))}")
    with Delivery(settings, total=span.count) as delivery:
        try:
            _play(files, span, delivery, pace(options.speed))
            while options.loop:
                _play(files, span, delivery, pace(options.speed))
        except KeyboardInterrupt:
            # The normal end of --loop, and of a recording that lasts for hours.
            pass
        finally:
            delivery.say_summary()
    return 1 if delivery.rejected or delivery.is_refused else 0


def _play(files: Sequence[Path], span: Span, delivery: Delivery, speed: float) -> None:
    schedule = Schedule(merged(files), speed)
    played = 0
    while (wait_seconds := schedule.wait_seconds(time.monotonic())) is not None:
        time.sleep(wait_seconds)
        if batch := schedule.due(time.monotonic()):
            played += len(batch)
            delivery.send([recorded.line for recorded in batch], _position(batch[-1].ts, span), played)


def _position(ts: int, span: Span) -> str:
    return f"{_time(ts)} of {_time(span.first_ts)} to {_time(span.last_ts)}"


def _time(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
