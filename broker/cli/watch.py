"""`books-relayer watch`: a subscriber for people, and for pipes."""

import os
import random
import ssl
import sys
import time
from contextlib import ExitStack
from getpass import getpass
from typing import NoReturn

import click
from msgspec import Struct
from rich.console import Console
from rich.live import Live
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect

from broker.cli.options import with_config, with_options
from broker.cli.reconnecting import (
    LONGEST_PAUSE_SECONDS,
    after_close,
    after_refusal,
    pause_seconds,
)
from broker.cli.tables import WatchOptions
from broker.cli.wanted import Wanted
from broker.cli.watch_screens import REFRESH_SECONDS, Frames, Picture, Screen
from broker.closing import Reconnect
from broker.key_format import is_well_formed
from broker.messages import CHANNELS
from broker.process_title import entitle

FRAME_LIMIT_BYTES = 64 * 1024 * 1024
"""A snapshot of 40,000 games."""
ASK = "-"
"""In the place of a key: it is read from standard input, so that no list of processes and no shell's history has it."""
CLOSE_TIMEOUT_SECONDS = 1.0
"""Ctrl-C must not wait long for a server that is gone."""


class WatchError(Exception):
    """There is no use in going on; the message is one sentence."""


class Ending(Struct, frozen=True):
    """Why there is no connection, and what that asks for."""

    problem: str
    advice: Reconnect


@click.command()
@click.argument("channel", default="odds", type=click.Choice(CHANNELS))
@with_options(WatchOptions)
@with_config
def watch(channel: str, options: WatchOptions) -> int:
    """Subscribe to a channel, live or odds, and show it in a table; connects again by itself.

    Ctrl-C ends it.
    """
    entitle(f"watch {channel}")
    key = _asked() if options.key == ASK else options.key
    if key is not None and not is_well_formed(key):
        raise click.UsageError("the key is malformed: it starts with pn_live_ and has no spaces")
    wanted = Wanted.by(options)
    url = f"{options.url.rstrip('/')}/ws/{channel}"
    try:
        if options.json:
            follow(url, key, Frames(wanted))
        console = Console()
        if not console.is_terminal:
            raise click.UsageError("the table needs a terminal: --json prints the frames")
        with Live(console=console, auto_refresh=False, screen=True) as live:
            # After a loss the server sends a fresh snapshot, so that the table is right again.
            follow(f"{url}?on_lag=resync", key, Picture(live, channel, wanted))
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # Whoever read has seen enough. Python flushes standard output once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _asked() -> str:
    """The key, out of a pipe or from whoever sits at the terminal, where it isn't shown."""
    if sys.stdin.isatty():
        return getpass("key: ")
    return sys.stdin.readline().strip()


def follow(url: str, key: str | None, screen: Screen) -> NoReturn:
    """Subscribe, again and again.

    Raises:
        WatchError: if the server's answer would be the same next time.
        FrameError: if a frame is not as the contract says.
    """
    failures = 0
    while True:
        started = time.monotonic()
        ending = _subscribe(url, key, screen)
        lasted = time.monotonic() - started
        failures = 0 if lasted > LONGEST_PAUSE_SECONDS else failures + 1
        seconds = pause_seconds(ending.advice, failures, random.uniform)
        screen.say(f"{ending.problem}; connecting again in {seconds:.1f} s")
        time.sleep(seconds)


def _subscribe(url: str, key: str | None, screen: Screen) -> Ending:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(
                connect(
                    url,
                    additional_headers=headers,
                    max_size=FRAME_LIMIT_BYTES,
                    close_timeout=CLOSE_TIMEOUT_SECONDS,
                )
            )
        except InvalidStatus as error:
            return _refused(error)
        except (InvalidURI, UnicodeError) as error:
            raise WatchError(f"{url} is no address of a service: {error}") from error
        except ssl.SSLCertVerificationError as error:
            advice = "SSL_CERT_FILE names the file of whom else to trust"
            raise WatchError(f"{url} can't be trusted: {error.verify_message}; {advice}") from error
        except (OSError, InvalidHandshake) as error:
            return Ending(f"can't connect to {url}: {error}", Reconnect.BACK_OFF)
        screen.say("connected")
        try:
            _receive(connection, screen)
        except ConnectionClosed as error:
            return _closed(error)


def _receive(connection: ClientConnection, screen: Screen) -> NoReturn:
    while True:
        try:
            frame = connection.recv(timeout=REFRESH_SECONDS, decode=False)
        except TimeoutError:
            # Nothing came, but the rates go down.
            pass
        else:
            screen.show(frame)
        screen.refresh()


def _refused(error: InvalidStatus) -> Ending:
    status = error.response.status_code
    body = error.response.body.decode(errors="replace").strip()
    problem = f"the server answered HTTP {status}: {body or error.response.reason_phrase}"
    if after_refusal(status):
        return Ending(problem, Reconnect.BACK_OFF)
    raise WatchError(problem)


def _closed(error: ConnectionClosed) -> Ending:
    if error.rcvd is None:
        return Ending("the connection was lost", Reconnect.BACK_OFF)
    problem = f"the server closed with {error.rcvd.code} {error.rcvd.reason}".rstrip()
    advice = after_close(error.rcvd.code, error.rcvd.reason)
    if advice in (Reconnect.NO, Reconnect.AFTER_FIX):
        raise WatchError(problem)
    return Ending(problem, advice)
