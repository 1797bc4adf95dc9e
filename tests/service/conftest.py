"""What the tests of services share."""

import secrets
from collections.abc import Iterator
from random import Random

import pytest

from service.running import Service, running


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Two workers and the defaults, for the tests of one module that leave it as they found it."""
    with running() as service:
        yield service


@pytest.fixture
def random() -> Random:
    """Chance, with its seed printed."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    return Random(seed)
