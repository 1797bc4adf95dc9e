"""`books-relayer serve`: the service itself."""

import click

from broker.certificate import Certificate
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
    if options.demo and settings.ingest_keys:
        raise click.UsageError("the demo feeds itself and has no keys: leave ingest_keys out")
    certificate = Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
    if options.check:
        if certificate and (doubt := certificate.doubt()):
            click.echo(f"books-relayer: clients will refuse the certificate: {doubt}", err=True)
        click.echo("the settings are good")
        return 0
    # The other commands start faster without the service's modules.
    from broker import supervisor  # noqa: PLC0415

    try:
        return supervisor.serve(settings, options.demo)
    except supervisor.StartError as error:
        raise click.ClickException(str(error)) from error
