"""The service that the tests of one module share, where they leave it as they found it."""

from collections.abc import Iterator

import pytest

from service.running import Service, running


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Two workers and the defaults."""
    with running() as service:
        yield service
