"""The operator's token comes out of a file."""

from pathlib import Path

import pytest

from broker.admin_token import LEAST_CHARS, TokenError, read_token


def test_without_a_file_there_is_none() -> None:
    assert read_token("") is None


def test_white_space_around_it_is_not_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f" {'x' * LEAST_CHARS}\n")
    assert read_token(str(file)) == "x" * LEAST_CHARS


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * (LEAST_CHARS - 1), b"\xc3\xa9" * LEAST_CHARS])
def test_what_is_no_good_token_is_told_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(TokenError, match=str(file)) as caught:
        read_token(str(file))
    assert "xxx" not in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(TokenError, match="/nowhere"):
        read_token("/nowhere")
