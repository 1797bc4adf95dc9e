"""A certificate authority of the test's own, and what it has issued, in files as the service reads them."""

import ssl
from pathlib import Path
from typing import Any

from trustme import CA, LeafCert

HOST = "127.0.0.1"


class Authority:
    """Issues the certificate of 127.0.0.1.

    Args:
        directory: where its files are.
    """

    def __init__(self, directory: Path) -> None:
        self._ca = CA()
        self.cert_file, self.key_file = directory / "cert.pem", directory / "key.pem"
        self.ca_file = directory / "ca.pem"
        """For clients that are told of it by a file."""
        self._ca.cert_pem.write_to_path(self.ca_file)
        self.trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        """For clients in our own process."""
        self._ca.configure_trust(self.trust)
        self.issue()

    @property
    def settings(self) -> dict[str, str]:
        """Those with which the service uses it."""
        return {"tls_cert": str(self.cert_file), "tls_key": str(self.key_file)}

    @property
    def environment(self) -> dict[str, str]:
        """What tells Python and node of it."""
        return dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(self.ca_file))

    def issue(self, **terms: Any) -> None:
        """Replace certificate and key, one after the other, as programs do that renew them."""
        leaf = self._ca.issue_cert(HOST, **terms)
        self.put(self.cert_file, b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        self.put(self.key_file, leaf.private_key_pem.bytes())

    def leaf(self) -> LeafCert:
        """Another certificate, in no file."""
        return self._ca.issue_cert(HOST)

    @staticmethod
    def put(file: Path, content: bytes) -> None:
        """Replace a file in one moment."""
        new = file.with_suffix(".new")
        new.write_bytes(content)
        new.rename(file)
