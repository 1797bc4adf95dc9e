"""The operator's token, in a file of its own: on a command line all who look at the processes could read it."""

from pathlib import Path

LEAST_CHARS = 16


class TokenError(Exception):
    """The token can't be used; the message is one sentence."""


def read_token(path: str) -> str | None:
    """Read the token.

    Args:
        path: of its file; empty for none.

    Raises:
        TokenError: if the file can't be read, or holds nothing that is hard to guess.
    """
    if not path:
        return None
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"can't read the operator's token in {path}: {error}") from error
    if len(token) < LEAST_CHARS:
        raise TokenError(f"the operator's token in {path} has less than {LEAST_CHARS} characters: make a longer one")
    return token
