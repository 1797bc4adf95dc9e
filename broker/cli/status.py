"""`books-relayer status`: how the service stands, on one screen."""

import time
from http.client import HTTPConnection, HTTPException

import click
from msgspec import DecodeError, json
from rich.console import Console
from rich.live import Live

from broker.cli.options import with_config, with_options, with_settings
from broker.cli.status_screen import render
from broker.cli.tables import StatusOptions
from broker.http.status import Status
from broker.settings import Settings

TIMEOUT_SECONDS = 5.0
REFRESH_SECONDS = 1.0
"""The broker reports as often."""

_decode = json.Decoder(Status).decode


class StatusError(Exception):
    """There is no status to show; the message is one sentence."""


@click.command()
@with_options(StatusOptions)
@with_settings("http_host", "http_port")
@with_config
def status(settings: Settings, options: StatusOptions) -> int:
    """Show workers, subscribers, cap, rates, latency and drops on one screen, each second anew; Ctrl-C ends it.

    Once only, if standard output is no terminal. The exit code is 1 if the service can't be reached, and, where it is
    shown once, if what is shown is old since the broker is silent.
    """
    console = Console()
    answer = ask(settings)
    picture = _read(answer)
    if options.json:
        click.echo(answer)
    elif console.is_terminal:
        return _follow(settings, console, picture)
    else:
        console.print(render(picture, _title(settings)))
    return 0 if picture.fresh else 1


def ask(settings: Settings) -> bytes:
    """Get the JSON text of the service's status.

    Raises:
        StatusError: if nobody answers, or somebody else.
    """
    place = _title(settings)
    connection = HTTPConnection(settings.http_host, settings.http_port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/status")
        response = connection.getresponse()
        answer = response.read()
    except (OSError, HTTPException) as error:
        raise StatusError(
            f"no answer from {place}: {error or type(error).__name__}; "
            "is the service running, and are http_host and http_port those of the service?"
        ) from error
    finally:
        connection.close()
    if response.status != 200:
        raise StatusError(f"{place} answered /status with HTTP {response.status}: is that books-relayer?")
    return answer


def _follow(settings: Settings, console: Console, picture: Status) -> int:
    problem = ""
    try:
        with Live(console=console, auto_refresh=False, screen=True) as live:
            while True:
                live.update(render(picture, problem or _title(settings)), refresh=True)
                time.sleep(REFRESH_SECONDS)
                try:
                    picture, problem = _read(ask(settings)), ""
                except StatusError as error:
                    # It may be restarting: the last picture stays, with the reason above it.
                    problem = str(error)
    except KeyboardInterrupt:
        return 0


def _read(answer: bytes) -> Status:
    try:
        return _decode(answer)
    except DecodeError as error:
        raise StatusError(f"what answers to /status is another version of books-relayer, or none: {error}") from error


def _title(settings: Settings) -> str:
    return f"{settings.http_host}:{settings.http_port}"
