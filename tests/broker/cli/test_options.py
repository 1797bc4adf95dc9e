"""Where a command's options come from, and which source wins."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from broker.cli import program
from broker.cli.options import ENV_PREFIX, with_config, with_options, with_settings
from broker.cli.tables import ReplayOptions, Tables
from broker.settings import Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def seen() -> Iterator[list[tuple[Settings, ReplayOptions]]]:
    """A stand-in for `replay` in the real program that only notes what it was given."""
    calls: list[tuple[Settings, ReplayOptions]] = []

    @click.command("replay")
    @with_options(ReplayOptions)
    @with_settings()
    @with_config
    def replay(settings: Settings, options: ReplayOptions) -> int:
        calls.append((settings, options))
        return 0

    real = program.commands["replay"]
    program.commands["replay"] = replay
    yield calls
    program.commands["replay"] = real


Seen = list[tuple[Settings, ReplayOptions]]


def _fails(args: list[str], env: dict[str, str] | None = None) -> str:
    result = CliRunner().invoke(program, args, env=env)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("books-relayer: ")
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_without_any_source_the_defaults_hold(seen: Seen) -> None:
    assert CliRunner().invoke(program, ["replay"]).exit_code == 0
    assert seen == [(Settings(), ReplayOptions())]


def test_flags_beat_environment_beats_file_beats_default(seen: Seen, tmp_path: Path) -> None:
    file = tmp_path / "relayer.toml"
    file.write_text("port = 1001\ncap = 1001\ndrain_seconds = 1\n[replay]\nspeed = 1001\nloop = true")
    env = {
        "BOOKS_RELAYER_CONFIG": str(file),
        "BOOKS_RELAYER_PORT": "1002",
        "BOOKS_RELAYER_CAP": "1002",
        "BOOKS_RELAYER_SPEED": "max",
    }
    args = ["replay", "--port", "1003", "--no-loop"]
    result = CliRunner().invoke(program, args, env=env)
    assert result.exit_code == 0, result.output
    ((settings, options),) = seen
    assert (settings.port, settings.cap, settings.drain_seconds) == (1003, 1002, 1.0)
    assert settings.peer_timeout_seconds == Settings().peer_timeout_seconds
    assert options == ReplayOptions(speed="max", loop=False)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_a_flag_of_serve_with_its_variable_and_help(name: str) -> None:
    (option,) = [param for param in program.commands["serve"].params if param.name == name]
    assert isinstance(option, click.Option)
    assert option.opts == ["--" + name.replace("_", "-")]
    assert option.envvar == ENV_PREFIX + name.upper()
    assert option.help


def test_every_option_has_help_and_a_variable() -> None:
    def check(command: click.Command) -> None:
        for param in command.params:
            if isinstance(param, click.Option) and param.name != "version":
                assert param.help, (command.name, param.name)
                assert str(param.envvar).startswith(ENV_PREFIX), (command.name, param.name)
        if isinstance(command, click.Group):
            for one in command.commands.values():
                check(one)

    check(program)


def test_every_table_is_a_command() -> None:
    # completion has nothing that could be set.
    assert set(Tables.__struct_fields__) == set(program.commands) - {"completion"}


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("prot = 1", "unknown field `prot`"),
        ('port = "8080"', "$.port"),
        ("port = 0", "$.port"),
        ("[replay]\nsped = 1", "unknown field `sped`"),
        ('[replay]\nspeed = "fast"', "$.replay.speed"),
        ('[watch]\nurl = "http://x"', "$.watch.url"),
        ("[nothing]\n", "unknown field `nothing`"),
        ("port 1", "line 1"),
    ],
)
def test_a_bad_file_is_named_with_the_fault(tmp_path: Path, toml: str, named: str) -> None:
    file = tmp_path / "relayer.toml"
    file.write_text(toml)
    error = _fails(["serve", "--check", "--config", str(file)])
    assert str(file) in error
    assert named in error


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "none.toml" in _fails(["serve", "--check", "--config", str(tmp_path / "none.toml")])


def test_an_unknown_variable_is_named() -> None:
    assert "BOOKS_RELAYER_PROT" in _fails(["serve", "--check"], {"BOOKS_RELAYER_PROT": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "abc"),
        ("port", "0"),
        ("drain_seconds", "nan"),
        ("log_format", "xml"),
        ("data_dir", ""),
        ("ingest", "tcp://192.0.2.1:5"),
        ("ingest", "nowhere"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    flag = "--" + name.replace("_", "-")
    error = _fails(["serve", "--check", f"{flag}={value}"])
    assert flag in error or name in error


def test_a_bad_variable_is_named() -> None:
    assert "BOOKS_RELAYER_PORT" in _fails(["serve", "--check"], {"BOOKS_RELAYER_PORT": "abc"})


def test_wrong_usage_is_one_sentence() -> None:
    assert "the demo feeds itself" in _fails(["serve", "--demo", "--ingest-keys", "keys"])
    assert "Missing command" in _fails([])
    assert "--prot" in _fails(["serve", "--prot", "1"])
    assert "Missing argument" in _fails(["replay"])


def test_a_file_may_hold_settings_that_a_command_does_not_use(tmp_path: Path) -> None:
    file = tmp_path / "relayer.toml"
    file.write_text(f'port = 9\ndata_dir = "{tmp_path}"\n[watch]\njson = true\n')
    result = CliRunner().invoke(program, ["keys", "list", "--json", "--config", str(file)])
    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_check_says_that_the_settings_are_good() -> None:
    result = CliRunner().invoke(program, ["serve", "--check"])
    assert (result.exit_code, result.stdout) == (0, "the settings are good\n")
