"""What TLS is served with: a certificate and its key in two PEM files, taken over anew when these change."""

import ssl
from pathlib import Path

from broker.settings import SettingsError

ALPN = ["http/1.1"]
"""A WebSocket begins as HTTP/1.1 (RFC 6455, 4.1); browsers ask for HTTP/2 too unless they are told."""
CERTIFICATE_MARK = b"-----BEGIN CERTIFICATE-----"
KEY_MARK = b"PRIVATE KEY-----"
NO_MATCH = ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""OpenSSL's names for a key that is another certificate's, of the same kind and of another."""

Stamp = tuple[tuple[int, int, int] | None, ...]


class Certificate:
    """A certificate with its key.

    Args:
        cert_file: PEM, the server's own certificate and then those of its issuers.
        key_file: PEM, its private key.

    Raises:
        SettingsError: if they can't be used.
    """

    def __init__(self, cert_file: str, key_file: str) -> None:
        self._files = (cert_file, key_file)
        self._taken = self._last = _stamp(self._files)
        self.context = _context(cert_file, key_file)
        """For new connections; a new object whenever the files were taken over anew."""

    def renew(self) -> bool:
        """Take the files over if they have changed; to be called every second or so.

        Returns:
            Whether they were taken over.

        Raises:
            SettingsError: if they have changed and can't be used, once for each change; the old ones stay.
        """
        stamp = _stamp(self._files)
        # One is written after the other: what has changed since the last look may not be all yet.
        settled, self._last = stamp == self._last, stamp
        if not settled or stamp == self._taken:
            return False
        self._taken = stamp
        # Not on the context in use: a key that doesn't match would leave that one without any.
        self.context = _context(*self._files)
        return True

    def doubt(self) -> str | None:
        """Why clients will refuse it, such as that it has expired; None if nothing speaks against it.

        Whether they trust its issuer is theirs to know.
        """
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        # The certificate itself is trusted here, so that only its own faults count.
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        client.load_verify_locations(cafile=self._files[0])
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = (client.wrap_bio(to_client, to_server), self.context.wrap_bio(to_server, to_client, server_side=True))
        for end in (*ends, ends[0]):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                # It's the other end's turn.
                continue
            except ssl.SSLCertVerificationError as error:
                return str(error.verify_message)
        return None


def _context(cert_file: str, key_file: str) -> ssl.SSLContext:
    _check_pem("tls_cert", cert_file, CERTIFICATE_MARK, "certificate")
    _check_pem("tls_key", key_file, KEY_MARK, "private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(ALPN)
    # A ticket is good for one worker's present certificate only, and costs each client a tenth of a millisecond.
    context.num_tickets = 0
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        problem = "the key is not the certificate's" if reason in NO_MATCH else reason.replace("_", " ").lower()
        raise SettingsError(f"tls_cert {cert_file!r} can't be used with tls_key {key_file!r}: {problem}") from error
    return context


def _check_pem(name: str, file: str, mark: bytes, content: str) -> None:
    try:
        if mark in Path(file).read_bytes():
            return
    except OSError as error:
        raise SettingsError(f"{name} is {file!r}, which can't be read: {error.strerror}") from error
    raise SettingsError(f"{name} is {file!r}: there is no PEM {content} in it")


def _no_password() -> str:
    """Instead of a question at the terminal."""
    raise ValueError("the key has a password: store it without")


def _stamp(files: tuple[str, ...]) -> Stamp:
    return tuple(map(_stat, files))


def _stat(file: str) -> tuple[int, int, int] | None:
    try:
        stat = Path(file).stat()
    except OSError:
        # Not there, or not for us: that is a change, too.
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
