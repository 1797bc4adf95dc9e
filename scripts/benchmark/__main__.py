"""The command line of scripts/bench."""

import os
import resource
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click

from benchmark import plot, processes, report
from benchmark.machine import CLIENT_CORE, CORES
from benchmark.plan import QUICK, REAL, Plan
from benchmark.report import Report
from benchmark.scenarios import compression, fanout, growth, hostile, light, memory, peers, slow, storm, tls, watched

Scenario = Callable[[Plan, str], Report]
SCENARIOS: dict[str, Scenario] = {
    module.__name__.rpartition(".")[2]: module.run
    for module in (fanout, peers, light, slow, hostile, memory, storm, growth, compression, tls, watched)
}
DEFAULT_FOLDER = Path("build/benchmark")


@click.command()
@click.argument("what", type=click.Choice((*SCENARIOS, "all", "plot")))
@click.option("--quick", is_flag=True, help="Only show that everything works; the figures mean nothing.")
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where JSON, tables and plots go.",
)
def main(what: str, quick: bool, folder: Path) -> None:
    """Measure the relay beside its peers, on two cores: servers on one, their clients on the other.

    `plot` prints and draws again what is in the folder.
    """
    if what == "plot":
        for each in report.read(folder):
            report.write(each, folder)
            report.show(each)
            plot.draw(each, folder)
        return
    if len(CORES) < 2:
        raise click.ClickException("this needs two cores: one for the servers, one for their clients")
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    processes.pin(os.getpid(), CLIENT_CORE)
    # So that a stop ends what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    command = shlex.join(("scripts/bench", *sys.argv[1:]))
    for name in SCENARIOS if what == "all" else (what,):
        click.echo(f"measuring {name} …", err=True)
        found = SCENARIOS[name](QUICK if quick else REAL, command)
        report.write(found, folder)
        report.show(found)
        plot.draw(found, folder)


if __name__ == "__main__":
    main()
