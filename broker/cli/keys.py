"""`books-relayer keys`: subscribers' keys, also while the service runs."""

import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import click
from msgspec import Meta, json
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from broker.cli.options import checker, type_name, variable, with_config, with_options, with_settings
from broker.cli.tables import CreateOptions, ListOptions, RotateOptions
from broker.keys import DATABASE_NAME, KeyStore, StoredKey
from broker.messages import CHANNELS
from broker.private import check
from broker.settings import Settings

Name = Annotated[str, Meta(min_length=1, max_length=200)]
SHOWN_ONCE = "it is shown only now"
UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(text: str) -> int:
    """Make milliseconds of a whole number and its unit, such as `90d`."""
    return int(text[:-1]) * UNIT_MS[text[-1]]


@click.group(no_args_is_help=False)
def keys() -> None:
    """Create, list, rotate and revoke subscribers' keys.

    A running service follows within a second.
    """


@keys.command()
@click.option(
    "--name",
    required=True,
    type=checker(Name),
    metavar=type_name(Name),
    envvar=variable("name"),
    show_envvar=True,
    help="Whose key it is.",
)
@with_options(CreateOptions)
@with_settings("data_dir")
@with_config
def create(name: str, settings: Settings, options: CreateOptions) -> int:
    """Create a key and print it, this once."""
    now_ms = _now_ms()
    expires_at = now_ms + duration_ms(options.expires) if options.expires else None
    wanted = options.channels.split(",")
    channels = tuple(channel for channel in CHANNELS if channel in wanted)
    with closing(_store(settings)) as store:
        key = store.create(name, expires_at, options.max_connections, channels, now_ms)
    click.echo(f"key of {name} for {', '.join(channels)}, {_until(expires_at)}: {SHOWN_ONCE}", err=True)
    click.echo(key)
    return 0


@keys.command("list")
@with_options(ListOptions)
@with_settings("data_dir")
@with_config
def list_keys(settings: Settings, options: ListOptions) -> int:
    """List all keys, also expired and revoked ones."""
    with closing(_store(settings)) as store:
        stored = store.list()
    now_ms = _now_ms()
    if options.json:
        click.echo(json.encode([asdict(key) | {"state": key.state(now_ms)} for key in stored]))
    else:
        Console(file=sys.stdout).print(_table(stored, now_ms))
    return 0


@keys.command()
@click.argument("key_id", metavar="ID")
@with_options(RotateOptions)
@with_settings("data_dir")
@with_config
def rotate(key_id: str, settings: Settings, options: RotateOptions) -> int:
    """Replace a key by a new one of the same name, channels, limit and expiry, and print it, this once.

    The old one is revoked, or ends after --grace; until then the limit counts for each of the two.
    """
    grace_ms = duration_ms(options.grace) if options.grace else 0
    now_ms = _now_ms()
    with closing(_store(settings)) as store:
        key = store.rotate(key_id, grace_ms, now_ms)
        old = next(stored for stored in store.list() if stored.key_id == key_id)
    end = f"is {_until(old.expires_at)}" if grace_ms else "is revoked"
    click.echo(f"key {key_id} of {old.name} {end}; the new one: {SHOWN_ONCE}", err=True)
    click.echo(key)
    return 0


@keys.command()
@click.argument("key_id", metavar="ID")
@with_settings("data_dir")
@with_config
def revoke(key_id: str, settings: Settings) -> int:
    """End a key for good; its subscribers are closed."""
    with closing(_store(settings)) as store:
        store.revoke(key_id, _now_ms())
    click.echo(f"key {key_id} is revoked", err=True)
    return 0


def _store(settings: Settings) -> KeyStore:
    directory = Path(settings.data_dir)
    # One that is absent is made private with the database.
    if directory.is_dir():
        check(directory)
    return KeyStore(directory / DATABASE_NAME)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _table(stored: tuple[StoredKey, ...], now_ms: int) -> Table:
    table = Table(
        Column("id", no_wrap=True),
        "name",
        Column("key", no_wrap=True),
        "channels",
        "limit",
        "expires",
        "state",
    )
    for key in stored:
        state = key.state(now_ms)
        table.add_row(
            key.key_id,
            # Not as markup: a name is the operator's own text.
            Text(key.name),
            key.prefix + "…",
            ", ".join(key.channels),
            str(key.max_connections or "none"),
            "never" if key.expires_at is None else _time(key.expires_at),
            state if key.revoked_at is None else f"{state} {_time(key.revoked_at)}",
        )
    return table


def _until(expires_at: int | None) -> str:
    return "good for ever" if expires_at is None else f"good until {_time(expires_at)}"


def _time(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
