"""The targets take what the search begins with, and notice when what they assert isn't so."""

import pytest
from msgspec import DecodeError

from broker.messages import Commit, Entry
from broker.publisher import Publisher
from fuzz.seeds import CUT, SEEDS
from fuzz.targets import TARGETS


@pytest.mark.parametrize(("target", "data"), [(name, data) for name, seeds in SEEDS.items() for data in seeds])
def test_a_target_takes_its_seeds(target: str, data: bytes) -> None:
    TARGETS[target](data)


def test_every_target_has_seeds() -> None:
    assert set(SEEDS) == set(TARGETS)
    assert all(CUT not in seed for seed in SEEDS["frames"][:1])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("data", [b"", b"\x00", CUT, b"[" * 5_000, b"\xff" * 100])
def test_a_target_takes_noise(target: str, data: bytes) -> None:
    TARGETS[target](data)


def test_an_event_that_is_no_json_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Publisher, _effects: object, _taken_at: float = 0.0) -> Commit:
        return Commit(1, 1, (Entry((b"\x81\x02{",), True),))

    monkeypatch.setattr(Publisher, "commit", broken)
    with pytest.raises(DecodeError):
        TARGETS["batch"](SEEDS["batch"][0])
