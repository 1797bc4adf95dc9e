"""`keys`: what is printed where, and what is stored."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import json

from broker.cli import program
from broker.cli.keys import duration_ms
from broker.key_format import is_well_formed
from broker.keys import StoredKey

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def _run(data_dir: Path, *args: str) -> Result:
    env = {"BOOKS_RELAYER_DATA_DIR": str(data_dir), "COLUMNS": "200"}
    return CliRunner().invoke(program, ["keys", *args], env=env)


def _stored(data_dir: Path) -> tuple[StoredKey, ...]:
    result = _run(data_dir, "list", "--json")
    assert result.exit_code == 0, result.output
    return json.decode(result.stdout, type=tuple[StoredKey, ...])


def _lines(data_dir: Path) -> dict[str, str]:
    """The table's lines by the keys' names."""
    lines = _run(data_dir, "list").stdout.splitlines()
    return {key.name: next(line for line in lines if key.key_id in line) for key in _stored(data_dir)}


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


def test_table_and_json_show_every_state(tmp_path: Path) -> None:
    for name in ("good", "revoked", "expired", "[bold]odd"):
        assert _run(tmp_path, "create", "--name", name).exit_code == 0
    by_name = {key.name: key for key in _stored(tmp_path)}
    assert _run(tmp_path, "revoke", by_name["revoked"].key_id).exit_code == 0
    database = sqlite3.connect(tmp_path / "keys.sqlite3")
    database.execute("UPDATE keys SET expires_at = 1 WHERE name = 'expired'")
    database.commit()
    database.close()
    lines = _lines(tmp_path)
    assert lines["good"].split()[-2:] == ["good", "│"]
    assert "never" in lines["good"]
    assert " revoked 2" in lines["revoked"]
    assert "1970-01-01 00:00Z" in lines["expired"]
    assert lines["expired"].split()[-2:] == ["expired", "│"]
    assert lines["[bold]odd"]
    printed = json.decode(_run(tmp_path, "list", "--json").stdout)
    assert {each["name"]: each["state"] for each in printed} == {
        "good": "good",
        "revoked": "revoked",
        "expired": "expired",
        "[bold]odd": "good",
    }


def test_the_table_shows_what_was_asked_for(tmp_path: Path) -> None:
    args = ("--expires", "90d", "--max-connections", "512", "--channels", "odds")
    key = _run(tmp_path, "create", "--name", "acme", *args).stdout.strip()
    (stored,) = _stored(tmp_path)
    (line,) = _lines(tmp_path).values()
    assert key[:12] + "…" in line
    assert key not in line
    assert [word for word in line.split() if word not in "│"][3:6] == ["odds", "512", _day(stored.expires_at)]


def _day(unix_ms: int | None) -> str:
    assert unix_ms is not None
    return datetime.fromtimestamp(unix_ms / 1000, UTC).date().isoformat()


def test_rotate_prints_a_new_key_like_the_old_one_which_ends_at_once(tmp_path: Path) -> None:
    args = ("--expires", "90d", "--max-connections", "5", "--channels", "odds")
    old_key = _run(tmp_path, "create", "--name", "acme", *args).stdout
    (old,) = _stored(tmp_path)
    result = _run(tmp_path, "rotate", old.key_id)
    assert result.exit_code == 0, result.output
    new_key = result.stdout.removesuffix("\n")
    assert is_well_formed(new_key)
    assert result.stdout != old_key
    assert result.stderr == f"key {old.key_id} of acme is revoked; the new one: it is shown only now\n"
    ended, new = _stored(tmp_path)
    assert ended.revoked_at == new.created_at
    assert new_key.startswith(new.prefix)
    assert (new.name, new.channels, new.max_connections) == ("acme", ("odds",), 5)
    assert (new.expires_at, new.revoked_at) == (old.expires_at, None)


def test_rotate_leaves_the_old_key_its_grace(tmp_path: Path) -> None:
    assert _run(tmp_path, "create", "--name", "acme").exit_code == 0
    (old,) = _stored(tmp_path)
    result = _run(tmp_path, "rotate", old.key_id, "--grace", "1h")
    assert f"key {old.key_id} of acme is good until 2" in result.stderr
    ending, new = _stored(tmp_path)
    assert ending.expires_at == new.created_at + HOUR_MS
    assert (ending.revoked_at, new.expires_at) == (None, None)


@pytest.mark.parametrize("grace", ["0h", "1", "1y", ""])
def test_a_bad_grace_is_named_and_nothing_is_rotated(tmp_path: Path, grace: str) -> None:
    assert _run(tmp_path, "create", "--name", "acme").exit_code == 0
    (old,) = _stored(tmp_path)
    result = _run(tmp_path, "rotate", old.key_id, f"--grace={grace}")
    assert result.exit_code == 2
    assert "--grace" in result.stderr
    assert _stored(tmp_path) == (old,)


def test_a_key_that_is_good_no_more_is_not_rotated(tmp_path: Path) -> None:
    assert _run(tmp_path, "create", "--name", "acme").exit_code == 0
    (old,) = _stored(tmp_path)
    assert _run(tmp_path, "revoke", old.key_id).exit_code == 0
    result = _run(tmp_path, "rotate", old.key_id)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"books-relayer: key {old.key_id} is revoked: `books-relayer keys create` makes a new one\n"
    )


@pytest.mark.parametrize("command", ["revoke", "rotate"])
def test_an_unknown_key_fails_in_one_sentence(tmp_path: Path, command: str) -> None:
    result = _run(tmp_path, command, "deadbeef")
    assert result.exit_code == 1
    assert result.stderr == ("books-relayer: there is no key with this id: `books-relayer keys list` shows the ids\n")


def test_an_unusable_directory_fails_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _run(tmp_path / "file", "list")
    assert result.exit_code == 1
    assert "check that its directory is writable" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_directory_that_is_open_to_others_gets_no_keys(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    result = _run(tmp_path, "create", "--name", "acme")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path} is open to other users (mode 755)" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "ms"), [("45s", 45_000), ("30m", 1_800_000), ("12h", 43_200_000), ("90d", 90 * DAY_MS)]
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms
