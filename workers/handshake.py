"""Judges a handshake request (README, "Connecting"). Pure; what needs the broker's word comes after it.

Order of checks: path (404), method and upgrade (405, 426, 400), query parameters (400), key (401), channel (403).
"""

from http import HTTPStatus
from urllib.parse import parse_qs

from msgspec import Struct, ValidationError, convert
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from broker.messages import CHANNELS, Channel, KeyRecord
from workers.deflated import WindowBits
from workers.keyring import Keyring
from workers.permessage_deflate import agreed_window_bits
from workers.refusals import Refusal
from workers.subscriber import ON_LAG, OnLag

PATHS: dict[str, Channel] = {f"/ws/{channel}": channel for channel in CHANNELS}
EXTENSIONS_HEADER = "Sec-WebSocket-Extensions"
UNAUTHORIZED_HEADERS = (("WWW-Authenticate", "Bearer"),)


class Accepted(Struct, frozen=True):
    """A good handshake, as far as the worker alone can tell.

    Args:
        channel: what is subscribed to.
        on_lag: what is to be done when events were dropped.
        key: the record of its key.
        window_bits: of its decompressor, None for no compression.
        response: the 101.
    """

    channel: Channel
    on_lag: OnLag
    key: KeyRecord
    window_bits: WindowBits | None
    response: Response


def judge(protocol: ServerProtocol, request: Request, keyring: Keyring, now_ms: int) -> Accepted | Refusal:
    """Check a request.

    Args:
        protocol: the connection's, in the state CONNECTING.
        request: as `protocol` parsed it.
        keyring: the keys that are good.
        now_ms: Unix ms, against which keys expire.
    """
    path, _, query = request.path.partition("?")
    channel = PATHS.get(path)
    if channel is None:
        return Refusal(HTTPStatus.NOT_FOUND, f"no such path; connect to {' or '.join(PATHS)}")
    if not any(request.headers.get_all(EXTENSIONS_HEADER)):
        # Some clients send it empty when they offer nothing; websockets takes that for a syntax error.
        request.headers.pop(EXTENSIONS_HEADER, None)
    response = protocol.accept(request)
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        return _not_a_handshake(protocol, response)
    parameters = parse_qs(query, keep_blank_values=True)
    try:
        on_lag = convert(parameters.get("on_lag", ["drop"])[0], OnLag)
    except ValidationError:
        allowed = ", ".join(ON_LAG)
        return Refusal(HTTPStatus.BAD_REQUEST, f"on_lag must be one of: {allowed}; leave it out for {ON_LAG[0]}")
    key = _key(request, parameters)
    if not key:
        return _unauthorized("no key; add ?key=pn_live_… or the header Authorization: Bearer pn_live_…")
    record = keyring.find(key, now_ms)
    if record is None:
        return _unauthorized("this key is malformed, unknown, expired or revoked; ask for a new one")
    if channel not in record.channels:
        allowed = " and ".join(f"/ws/{name}" for name in record.channels)
        return Refusal(HTTPStatus.FORBIDDEN, f"this key is for {allowed} only; ask for one for {path}")
    return Accepted(channel, on_lag, record, agreed_window_bits(protocol.extensions), response)


def _not_a_handshake(protocol: ServerProtocol, response: Response) -> Refusal:
    kept = ("Allow", "Upgrade", "Sec-WebSocket-Version")
    headers = tuple((name, value) for name, value in response.headers.raw_items() if name in kept)
    if response.status_code == HTTPStatus.UPGRADE_REQUIRED:
        headers += (("Sec-WebSocket-Version", "13"),)
    return Refusal(
        HTTPStatus(response.status_code),
        f"not a WebSocket handshake: {protocol.handshake_exc}; use a WebSocket client",
        headers,
    )


def _key(request: Request, parameters: dict[str, list[str]]) -> str | None:
    """The key as given; the header wins over the query."""
    try:
        authorization = request.headers.get("Authorization")
    except MultipleValuesError:
        return "more than one"
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else "not a bearer token"
    return parameters.get("key", [None])[0]


def _unauthorized(error: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, error, UNAUTHORIZED_HEADERS)
