"""`keys`: what is printed where, and what is stored."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import json

from broker.cli import program
from broker.cli.keys import duration_ms
from broker.key_format import is_well_formed
from broker.keys import StoredKey

DAY_MS = 86_400_000


def _run(data_dir: Path, *args: str) -> Result:
    env = {"BOOKS_RELAYER_DATA_DIR": str(data_dir), "COLUMNS": "200"}
    return CliRunner().invoke(program, ["keys", *args], env=env)


def _stored(data_dir: Path) -> tuple[StoredKey, ...]:
    result = _run(data_dir, "list", "--json")
    assert result.exit_code == 0, result.output
    return json.decode(result.stdout, type=tuple[StoredKey, ...])


def test_create_prints_the_key_alone_on_standard_output(tmp_path: Path) -> None:
    result = _run(tmp_path, "create", "--name", "acme")
    assert result.exit_code == 0, result.output
    assert is_well_formed(result.stdout.removesuffix("\n"))
    assert "acme" in result.stderr
    assert result.stdout.strip() not in result.stderr
    (stored,) = _stored(tmp_path)
    assert (stored.name, stored.channels) == ("acme", ("live", "odds"))
    assert (stored.expires_at, stored.max_connections) == (None, None)


def test_create_takes_expiry_limit_and_channels(tmp_path: Path) -> None:
    args = ("--expires", "90d", "--max-connections", "5", "--channels", "odds,odds")
    assert _run(tmp_path, "create", "--name", "acme", *args).exit_code == 0
    (stored,) = _stored(tmp_path)
    assert stored.expires_at == stored.created_at + 90 * DAY_MS
    assert (stored.max_connections, stored.channels) == (5, ("odds",))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--name", ""),
        ("--expires", "0d"),
        ("--expires", "90"),
        ("--expires", "1y"),
        ("--max-connections", "0"),
        ("--max-connections", "many"),
        ("--channels", "news"),
        ("--channels", ""),
    ],
)
def test_a_bad_option_is_named_and_nothing_is_created(tmp_path: Path, option: str, value: str) -> None:
    result = _run(tmp_path, "create", "--name", "acme", f"{option}={value}")
    assert result.exit_code == 2
    assert option in result.stderr
    assert _stored(tmp_path) == ()


def test_a_key_needs_a_name(tmp_path: Path) -> None:
    result = _run(tmp_path, "create")
    assert result.exit_code == 2
    assert "--name" in result.stderr


def test_the_table_shows_every_state(tmp_path: Path) -> None:
    for name in ("good", "revoked", "expired", "[bold]odd"):
        assert _run(tmp_path, "create", "--name", name).exit_code == 0
    by_name = {key.name: key for key in _stored(tmp_path)}
    assert _run(tmp_path, "revoke", by_name["revoked"].key_id).exit_code == 0
    database = sqlite3.connect(tmp_path / "keys.sqlite3")
    database.execute("UPDATE keys SET expires_at = 1 WHERE name = 'expired'")
    database.commit()
    database.close()
    lines = _run(tmp_path, "list").stdout.splitlines()
    states = {name: next(line for line in lines if by_name[name].key_id in line) for name in by_name}
    assert "good for ever" in states["good"]
    assert "revoked 2" in states["revoked"]
    assert "expired 1970-01-01" in states["expired"]
    assert "[bold]odd" in states["[bold]odd"]


def test_revoke_of_an_unknown_key_fails_in_one_sentence(tmp_path: Path) -> None:
    result = _run(tmp_path, "revoke", "deadbeef")
    assert result.exit_code == 1
    assert result.stderr == (
        "books-relayer: there is no key with the id 'deadbeef': `books-relayer keys list` shows the ids\n"
    )


def test_an_unusable_directory_fails_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _run(tmp_path / "file", "list")
    assert result.exit_code == 1
    assert "check that the data directory is writable" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "ms"), [("45s", 45_000), ("30m", 1_800_000), ("12h", 43_200_000), ("90d", 90 * DAY_MS)]
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms
