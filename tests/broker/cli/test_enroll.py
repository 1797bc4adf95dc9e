"""`enroll`: what is printed where."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result

from broker.cli import program

ROOT = Path(__file__).parents[3]
MAIN = "from broker.cli import main; main()"
SERVICE_USER = 65_534


def _run(*args: str, **env: str) -> Result:
    return CliRunner().invoke(program, ["enroll", *args], env=env)


def test_the_directory_to_give_away_is_printed_alone_on_standard_output(tmp_path: Path) -> None:
    result = _run("ann", BOOKS_RELAYER_INGEST_KEYS=str(tmp_path / "keys"))
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path}/keys/issued/ann\n"
    assert "ann is enrolled" in result.stderr
    assert (tmp_path / "keys/issued/ann/producer.key_secret").exists()


def test_a_second_one_of_that_name_fails_in_one_sentence(tmp_path: Path) -> None:
    keys = str(tmp_path / "keys")
    assert _run("ann", "--ingest-keys", keys).exit_code == 0
    result = _run("ann", "--ingest-keys", keys)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("books-relayer: ann is enrolled: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root enrolls for another user's service")
def test_what_root_makes_belongs_to_the_service_s_user() -> None:
    with TemporaryDirectory() as closed:
        data_dir = Path(closed, "data")
        data_dir.mkdir(mode=0o700)
        os.chown(data_dir, SERVICE_USER, SERVICE_USER)
        for name in ("ann", "bob"):
            # With a path that leads elsewhere once the working directory is another one.
            command = [sys.executable, "-c", MAIN, "enroll", name, "--ingest-keys", "data/keys"]
            ended = subprocess.run(command, cwd=closed, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True)
            assert ended.stdout == f"data/keys/issued/{name}\n".encode()
        made = list(data_dir.rglob("*"))
        assert {path.stat().st_uid for path in made} == {SERVICE_USER}
        assert {path.name for path in made} >= {"server.key_secret", "ann.key", "bob.key", "producer.key_secret"}


@pytest.mark.parametrize("name", ["", "../ann", "a/b", "a.b", "a b", "ä", "x" * 101])
def test_a_name_that_is_no_file_s_is_wrong_usage(tmp_path: Path, name: str) -> None:
    result = _run("--ingest-keys", str(tmp_path / "keys"), "--", name)
    assert result.exit_code == 2
    assert not (tmp_path / "keys").exists()


def test_without_the_directory_it_is_wrong_usage() -> None:
    result = _run("ann")
    assert result.exit_code == 2
    assert "--ingest-keys is missing" in result.stderr
