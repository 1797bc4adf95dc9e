"""The command line of `scripts/fuzz`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris
import click

with atheris.instrument_imports(include=["broker", "workers", "websockets", "fuzz"]):
    from fuzz.seeds import SEEDS
    from fuzz.targets import TARGETS

LONGEST_INPUT_BYTES = 70_000
"""More than the largest limit of a single thing that is sent, that of an observation."""
HANG_SECONDS = 10
MEMORY_LIMIT_MB = 1_000


@click.command()
@click.argument("target", type=click.Choice(tuple(TARGETS)))
@click.option("--seconds", type=click.IntRange(min=1), default=60, show_default=True, help="How long to search.")
@click.option("--seed", type=click.IntRange(min=1), default=1, show_default=True, help="Of its chance.")
def fuzz(target: str, seconds: int, seed: int) -> None:
    """Search for input to TARGET that raises, hangs for 10 s or takes 1 GB, until one is found or the time is over.

    What was found is left in the current directory, to be passed to the target in a test.
    """
    with TemporaryDirectory() as corpus:
        for number, each in enumerate(SEEDS[target]):
            Path(corpus, str(number)).write_bytes(each)
        atheris.Setup(
            [
                sys.argv[0],
                f"-max_total_time={seconds}",
                f"-seed={seed}",
                f"-timeout={HANG_SECONDS}",
                f"-rss_limit_mb={MEMORY_LIMIT_MB}",
                f"-max_len={LONGEST_INPUT_BYTES}",
                "-print_final_stats=1",
                corpus,
            ],
            TARGETS[target],
        )
        atheris.Fuzz()


fuzz()
