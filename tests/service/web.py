"""Requests to the service's HTTP, over TCP or its local socket, by the standard library."""

import json
import socket
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from service.running import Service
from service.waiting import DEADLINE_SECONDS

PREFIX = "books_relayer_"


class Reply(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def seq(self) -> int:
        """The sequence number of the last event in it."""
        return int(self.headers["x-stream-seq"])


class LocalConnection(HTTPConnection):
    """HTTP over a Unix socket.

    Args:
        path: of the socket.
    """

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=DEADLINE_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_SECONDS)
        self.sock.connect(str(self._path))


def fetch(
    service: Service, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, *, local: bool = False
) -> Reply:
    """Send one request on a connection of its own.

    Args:
        service: that runs.
        target: path and query.
        method: such as GET.
        headers: beside Host.
        local: over the local socket.
    """
    connection = (
        LocalConnection(service.runtime_dir / "admin.sock")
        if local
        else HTTPConnection("127.0.0.1", service.http_port, timeout=DEADLINE_SECONDS)
    )
    try:
        connection.request(method, target, headers=dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def ask(service: Service, target: str, key: str | None = None) -> Reply:
    """Ask REST, with the service's own key or another."""
    return fetch(service, target, headers={"Authorization": f"Bearer {key or service.key}"})


def metric(service: Service, name: str, **labels: str) -> float:
    """One sample, with the labels that it must have at least; those that fit are added up."""
    families = text_string_to_metric_families(fetch(service, "/metrics").text)
    fitting = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == PREFIX + name and labels.items() <= sample.labels.items()
    ]
    assert fitting, f"no sample of {name} {labels}"
    return sum(fitting)
