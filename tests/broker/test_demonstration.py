"""The demo starts empty, with a key that opens both channels, and leaves a real service's data alone."""

import time
from pathlib import Path

from broker import demonstration, journal, keys
from broker.key_format import digest
from broker.keys import KeyStore
from broker.settings import checked


def test_the_demo_has_a_database_of_its_own_that_starts_empty(tmp_path: Path) -> None:
    real = tmp_path / journal.DATABASE_NAME
    real.write_text("a real service's")
    old = tmp_path / "demo" / f"{journal.DATABASE_NAME}-wal"
    old.parent.mkdir()
    old.write_text("an earlier demo's")
    settings, _ = demonstration.prepare(checked({"data_dir": str(tmp_path)}))
    assert settings.data_dir == str(tmp_path / "demo")
    assert real.read_text() == "a real service's"
    assert not old.exists()


def test_the_invitation_carries_the_key_and_the_lines_to_try(tmp_path: Path) -> None:
    settings, invitation = demonstration.prepare(checked({"data_dir": str(tmp_path), "port": 9123}))
    (record,) = KeyStore(Path(settings.data_dir) / keys.DATABASE_NAME).records()
    key = next(word for word in invitation.split() if word.startswith("pn_live_"))
    assert digest(key) == record.digest
    assert record.channels == ("live", "odds")
    assert record.expires_at is not None
    assert record.expires_at > time.time() * 1000
    for line in ("watch odds --url ws://127.0.0.1:9123 --key", "npx wscat -c", "from websockets.sync.client"):
        assert line in invitation
    assert "page      http://127.0.0.1:8081/" in invitation


def test_with_a_certificate_the_lines_are_for_tls(tmp_path: Path) -> None:
    settings = checked({"data_dir": str(tmp_path), "port": 9123, "tls_cert": "cert.pem", "tls_key": "key.pem"})
    _, invitation = demonstration.prepare(settings)
    assert "wss://127.0.0.1:9123/ws/live" in invitation
    assert "ws://" not in invitation.replace("wss://", "")


def test_each_demo_has_another_key(tmp_path: Path) -> None:
    settings = checked({"data_dir": str(tmp_path)})
    first, second = (demonstration.prepare(settings)[1] for _ in range(2))
    assert first != second
