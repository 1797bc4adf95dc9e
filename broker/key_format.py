"""What a subscriber's key looks like, and the only form in which it is stored. Pure."""

import hashlib
import re

KEY_PREFIX = "pn_live_"

_WELL_FORMED = re.compile(rf"(?=.{{20,100}}\Z){KEY_PREFIX}[A-Za-z0-9_-]+", re.ASCII)


def is_well_formed(key: str) -> bool:
    """Tell whether this can be a key: `pn_live_…`, 20 to 100 of A-Z, a-z, 0-9, `_`, `-`."""
    return _WELL_FORMED.fullmatch(key) is not None


def digest(key: str) -> bytes:
    """Make the SHA-256 by which a key is known.

    No salt and no slow hash: a key is 190 random bits, so there is nothing to guess.
    """
    return hashlib.sha256(key.encode()).digest()
