"""What of two PEM files can be served with, when they are taken over anew, and what clients will say of them."""

import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from trustme import CA, KeyType, LeafCert

from broker.certificate import Certificate
from broker.settings import SettingsError

AUTHORITY = CA()
HOST = "relay.example"


class Files:
    """Both files."""

    def __init__(self, directory: Path) -> None:
        self.cert, self.key = directory / "cert.pem", directory / "key.pem"

    def put(self, leaf: LeafCert) -> None:
        """Write both, one after the other."""
        self.put_cert(leaf)
        self.put_key(leaf)

    def put_cert(self, leaf: LeafCert) -> None:
        self._write(self.cert, b"".join(blob.bytes() for blob in leaf.cert_chain_pems))

    def put_key(self, leaf: LeafCert) -> None:
        self._write(self.key, leaf.private_key_pem.bytes())

    def open(self) -> Certificate:
        return Certificate(str(self.cert), str(self.key))

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        new = file.with_suffix(".new")
        new.write_bytes(content)
        new.rename(file)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    files = Files(tmp_path)
    files.put(AUTHORITY.issue_cert(HOST))
    return files


def serial(context: ssl.SSLContext) -> str:
    """Which certificate a client of these days is shown."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(client)
    shown = shake_hands(client, context).getpeercert()
    assert shown
    return str(shown["serialNumber"])


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """The client's end of a finished handshake."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    ours = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    for end in 3 * (ours, theirs):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return ours


def test_a_good_pair_serves(files: Files) -> None:
    certificate = files.open()
    assert serial(certificate.context)
    assert certificate.doubt() is None


@pytest.mark.parametrize("kind", KeyType)
def test_each_kind_of_key_is_judged(files: Files, kind: KeyType) -> None:
    files.put(AUTHORITY.issue_cert(HOST, key_type=kind))
    assert files.open().doubt() is None


def test_a_session_is_tls_1_2_or_later_over_http_1_1(files: Files) -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(client)
    client.set_alpn_protocols(["h2", "http/1.1"])
    session = shake_hands(client, files.open().context)
    assert (session.version(), session.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    session = shake_hands(client, files.open().context)
    assert (session.version(), session.compression()) == ("TLSv1.2", None)


def test_expired_and_not_yet_valid_are_doubts(files: Files) -> None:
    now = datetime.now(UTC)
    files.put(AUTHORITY.issue_cert(HOST, not_before=now - timedelta(days=2), not_after=now - timedelta(days=1)))
    assert files.open().doubt() == "certificate has expired"
    files.put(AUTHORITY.issue_cert(HOST, not_before=now + timedelta(days=1)))
    assert files.open().doubt() == "certificate is not yet valid"


def _remove_cert(files: Files) -> None:
    files.cert.unlink()


def _remove_key(files: Files) -> None:
    files.key.unlink()


def _swap(files: Files) -> None:
    files.cert.write_bytes(files.key.read_bytes())


def _damage(files: Files) -> None:
    files.cert.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def _truncate_key(files: Files) -> None:
    files.key.write_bytes(files.key.read_bytes()[:40])


def _other_key(files: Files) -> None:
    files.put_key(AUTHORITY.issue_cert(HOST))


def _key_of_another_kind(files: Files) -> None:
    files.put_key(AUTHORITY.issue_cert(HOST, key_type=KeyType.RSA))


def _encrypt_key(files: Files) -> None:
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    key = s.load_pem_private_key(files.key.read_bytes(), None)
    secret = s.BestAvailableEncryption(b"secret")
    files.key.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, secret))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_remove_cert, "tls_cert is .*can't be read: No such file"),
        (_remove_key, "tls_key is .*can't be read: No such file"),
        (_swap, "tls_cert is .*there is no PEM certificate in it"),
        (_damage, "tls_cert .* can't be used"),
        (_truncate_key, "tls_cert .* can't be used"),
        (_other_key, "the key is not the certificate's"),
        (_key_of_another_kind, "the key is not the certificate's"),
        (_encrypt_key, "the key has a password"),
    ],
)
def test_what_can_t_be_used_is_said_in_a_sentence(files: Files, spoil: Callable[[Files], None], said: str) -> None:
    spoil(files)
    with pytest.raises(SettingsError, match=said) as raised:
        files.open()
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_is_not_ours_to_read_is_named(files: Files) -> None:
    files.key.chmod(0)
    with pytest.raises(SettingsError, match=r"tls_key is .*can't be read: Permission denied"):
        files.open()


def test_changed_files_are_taken_over_once_they_rest(files: Files) -> None:
    certificate = files.open()
    before = certificate.context
    assert not certificate.renew()
    leaf = AUTHORITY.issue_cert(HOST)
    files.put_cert(leaf)
    # Its key isn't there yet.
    assert not certificate.renew()
    files.put_key(leaf)
    assert not certificate.renew()
    assert certificate.context is before
    assert certificate.renew()
    assert serial(certificate.context) != serial(before)
    assert not certificate.renew()


def test_the_old_one_stays_when_the_new_one_is_bad_and_that_is_said_once(files: Files) -> None:
    certificate = files.open()
    before = serial(certificate.context)
    _other_key(files)
    assert not certificate.renew()
    with pytest.raises(SettingsError, match="the key is not the certificate's"):
        certificate.renew()
    assert not certificate.renew()
    assert serial(certificate.context) == before
    files.cert.unlink()
    assert not certificate.renew()
    with pytest.raises(SettingsError, match="can't be read"):
        certificate.renew()
    assert serial(certificate.context) == before
    files.put(AUTHORITY.issue_cert(HOST))
    assert [certificate.renew() for _ in range(3)] == [False, True, False]
    assert serial(certificate.context) != before
