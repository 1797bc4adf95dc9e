"""`books-relayer serve`: the service itself."""

import click

from broker.cli.options import with_config, with_options, with_settings
from broker.cli.tables import ServeOptions
from broker.settings import Settings


@click.command()
@with_config
@with_options(ServeOptions)
@with_settings()
def serve(settings: Settings, options: ServeOptions) -> int:
    """Run the service until SIGTERM or SIGINT.

    Prints `ready` on standard output when subscribers are welcome; logs go to standard error.
    """
    if options.check:
        click.echo("the settings are good")
        return 0
    # The other commands start faster without the service's modules.
    from broker import supervisor  # noqa: PLC0415

    try:
        return supervisor.serve(settings, options.demo)
    except supervisor.StartError as error:
        raise click.ClickException(str(error)) from error
