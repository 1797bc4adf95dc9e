"""`books-relayer enroll`: keys for a producer who sends over the network."""

from typing import Annotated

import click
from msgspec import Meta

from broker import curve
from broker.cli.options import checker, with_config, with_settings
from broker.private import act_as_owner, check
from broker.settings import Settings

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,100}$")]


@click.command()
@click.argument("name", type=checker(Name), metavar="NAME")
@with_settings("ingest_keys")
@with_config
def enroll(name: str, settings: Settings) -> int:
    """Make the keys with which a producer may send over the network, in the directory --ingest-keys of the service.

    NAME is the producer's, of letters, digits, _ and -. Prints the directory that it is to have, for its own
    --ingest-keys. A running service admits it within a second.
    """
    directory = settings.ingest_keys_dir
    if directory is None:
        raise click.UsageError("--ingest-keys is missing: name the directory of the service's keys, made if absent")
    if directory.is_dir():
        check(directory)
    issued = curve.enroll(act_as_owner(directory), name)
    click.echo(f"{name} is enrolled; give it this directory, and no one else, and remove it here:", err=True)
    click.echo(directory / issued.relative_to(issued.parents[1]))
    return 0
