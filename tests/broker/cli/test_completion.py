"""What a shell is told."""

import pytest
from click.testing import CliRunner

from broker.cli import program
from broker.cli.completion import PROGRAM_NAME, SHELLS, VARIABLE


def completed(line: str) -> list[str]:
    """What may stand in the place of a line's last word."""
    words = line.split(" ")
    result = CliRunner().invoke(
        program,
        prog_name=PROGRAM_NAME,
        env={VARIABLE: "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
    )
    return [answer.partition(",")[2] for answer in result.output.split()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("books-relayer s", ["serve", "status"]),
        ("books-relayer keys r", ["revoke", "rotate"]),
        ("books-relayer serve --dr", ["--drain-seconds"]),
        ("books-relayer serve --durability ", ["checkpoint", "fsync"]),
        ("books-relayer replay --speed m", ["max"]),
        ("books-relayer watch l", ["live"]),
        ("books-relayer serve --cap 2", []),
    ],
)
def test_commands_options_and_words_are_completed(line: str, expected: list[str]) -> None:
    assert completed(line) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    result = CliRunner().invoke(program, ["completion", shell])
    assert result.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in result.output
    assert PROGRAM_NAME in result.output


def test_another_shell_is_wrong_usage() -> None:
    assert CliRunner().invoke(program, ["completion", "tcsh"]).exit_code == 2
