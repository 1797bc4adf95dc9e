"""What answers a new connection, with a certificate and without one, and what is told of the certificate."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from entrance import door
from structlog.testing import capture_logs
from tcp import Tcp
from trustme import CA, LeafCert

from broker.settings import Settings, SettingsError
from workers.connection import Connection
from workers.entrance import Entrance
from workers.refusals import HANDSHAKE_SECONDS
from workers.tls import Tls

AUTHORITY = CA()
LOG = structlog.get_logger()


class Certified:
    """An entrance with a certificate in files."""

    def __init__(self, directory: Path, **terms: Any) -> None:
        self._cert, self._key = directory / "cert.pem", directory / "key.pem"
        self.put(AUTHORITY.issue_cert("relay.example", **terms))
        self.door = door()
        self.entrance = Entrance(self.door, Settings(tls_cert=str(self._cert), tls_key=str(self._key)), LOG)

    def put(self, leaf: LeafCert, key: bytes | None = None) -> None:
        self._cert.write_bytes(leaf.cert_chain_pems[0].bytes())
        self._key.write_bytes(key or leaf.private_key_pem.bytes())

    def look_twice(self) -> None:
        self.entrance.tick()
        self.entrance.tick()


def test_without_a_certificate_a_connection_is_plain() -> None:
    entrance = Entrance(door(), Settings(), LOG)
    assert isinstance(entrance.connection(), Connection)
    entrance.tick()


def test_with_one_it_is_inside_tls(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert isinstance(Certified(tmp_path).entrance.connection(), Tls)
    assert not logs


def test_a_handshake_of_tls_has_no_more_time_than_any(tmp_path: Path) -> None:
    certified = Certified(tmp_path)
    silent, talking = Tcp(), Tcp()
    hello = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="relay.example").do_handshake()
    for transport in (silent, talking):
        protocol = certified.entrance.connection()
        protocol.connection_made(cast(asyncio.Transport, transport))
    certified.door.now += HANDSHAKE_SECONDS - 1
    cast(Tls, protocol).data_received(hello.read())
    assert talking.sent
    certified.door.tick()
    assert not (silent.closed or talking.closed)
    certified.door.now += 1
    certified.door.tick()
    assert silent.closed
    assert talking.closed


def test_a_renewed_certificate_is_told_of(tmp_path: Path) -> None:
    certified = Certified(tmp_path)
    with capture_logs() as logs:
        certified.look_twice()
        certified.put(AUTHORITY.issue_cert("relay.example"))
        certified.look_twice()
    assert [line["event"] for line in logs] == ["certificate renewed"]


def test_so_is_one_that_can_t_be_used_and_one_that_clients_refuse(tmp_path: Path) -> None:
    certified = Certified(tmp_path)
    with capture_logs() as logs:
        certified.put(AUTHORITY.issue_cert("relay.example"), AUTHORITY.issue_cert("x").private_key_pem.bytes())
        certified.look_twice()
        certified.put(AUTHORITY.issue_cert("relay.example", not_after=datetime.now(UTC) - timedelta(days=1)))
        certified.look_twice()
    assert [(line["log_level"], line["event"]) for line in logs] == [
        ("error", "the certificate before stays in use"),
        ("info", "certificate renewed"),
        ("warning", "clients will refuse the certificate"),
    ]
    assert "the key is not the certificate's" in logs[0]["error"]
    assert logs[2]["reason"] == "certificate has expired"


def test_an_expired_one_is_told_of_at_once(tmp_path: Path) -> None:
    with capture_logs() as logs:
        Certified(tmp_path, not_after=datetime.now(UTC) - timedelta(days=1))
    assert [line["reason"] for line in logs] == ["certificate has expired"]


def test_without_its_files_there_is_no_entrance(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tls_cert"):
        Entrance(door(), Settings(tls_cert=str(tmp_path / "a"), tls_key=str(tmp_path / "b")), LOG)
