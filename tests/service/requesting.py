"""HTTP requests as no WebSocket client would send them, and the answers."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from ssl import SSLContext
from typing import NamedTuple

from service.waiting import DEADLINE_SECONDS

HANDSHAKE: Mapping[str, str] = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
"""The example of RFC 6455, 1.3."""


class Answer(NamedTuple):
    """An HTTP answer; `error` is what its JSON body says, empty without a body."""

    status: int
    headers: Mapping[str, str]
    error: str


def request(
    port: int,
    target: str,
    headers: Mapping[str, str] = HANDSHAKE,
    method: str = "GET",
    trust: SSLContext | None = None,
) -> Answer:
    """Send one request on a connection of its own.

    Args:
        port: of the service.
        target: path and query.
        headers: beside Host.
        method: such as GET.
        trust: what the client trusts, None without TLS.
    """
    connection = (
        HTTPSConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS, context=trust)
        if trust
        else HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    )
    try:
        connection.request(method, target, headers=dict(headers))
        response = connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        if "content-length" not in lower:
            return Answer(response.status, lower, "")
        body = json.loads(response.read())
        assert list(body) == ["error"]
        return Answer(response.status, lower, body["error"])
    finally:
        connection.close()
