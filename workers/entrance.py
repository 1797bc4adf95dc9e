"""What answers a new TCP connection: a connection of the door's, inside TLS if the service has a certificate."""

import asyncio

from structlog.typing import FilteringBoundLogger

from broker.certificate import Certificate
from broker.settings import Settings, SettingsError
from workers.connection import Connection
from workers.door import Door
from workers.tls import Tls, Wire


class Entrance:
    """The way in.

    Args:
        door: who gets in.
        settings: the service's.
        log: the process' log.

    Raises:
        SettingsError: if the certificate can't be used.
    """

    def __init__(self, door: Door, settings: Settings, log: FilteringBoundLogger) -> None:
        self._door = door
        self._log = log
        self._wire = Wire()
        self._certificate = Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
        if self._certificate:
            self._tell_doubt(self._certificate)

    def connection(self) -> asyncio.Protocol:
        """The protocol of a new TCP connection."""
        connection = Connection(self._door)
        return Tls(self._certificate.context, self._wire, connection) if self._certificate else connection

    def tick(self) -> None:
        """A second has passed: connections from now on get a renewed certificate."""
        if self._certificate is None:
            return
        try:
            renewed = self._certificate.renew()
        except SettingsError as error:
            self._log.error("the certificate before stays in use", error=str(error))
            return
        if renewed:
            self._log.info("certificate renewed")
            self._tell_doubt(self._certificate)

    def _tell_doubt(self, certificate: Certificate) -> None:
        if doubt := certificate.doubt():
            self._log.warning("clients will refuse the certificate", reason=doubt)
