"""Judges a handshake request (README, "Connecting"). Pure; what needs the broker's word comes after it.

Order of checks: path (404), method and upgrade (405, 426, 400), origin (403), query parameters (400), key (401),
channel (403).
"""

from collections.abc import Container
from http import HTTPStatus
from urllib.parse import parse_qs

from msgspec import Struct, ValidationError, convert
from websockets.datastructures import MultipleValuesError
from websockets.exceptions import InvalidHeader, InvalidMethod
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from broker.messages import CHANNELS, Channel, KeyRecord
from workers.deflated import WindowBits
from workers.keyring import Keyring
from workers.permessage_deflate import agreed_window_bits
from workers.refusals import OLD_HTTP, Label, Refusal
from workers.subscriber import ON_LAG, OnLag

PATHS: dict[str, Channel] = {f"/ws/{channel}": channel for channel in CHANNELS}
EXTENSIONS_HEADER = "Sec-WebSocket-Extensions"
WRONG_KEY: Label = "key"
"""Label of the refusal that a guess gets."""
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


def judge(
    protocol: ServerProtocol, request: Request, keyring: Keyring, origins: Container[str] | None, now_ms: int
) -> Accepted | Refusal:
    """Check a request.

    Args:
        protocol: the connection's, in the state CONNECTING.
        request: as `protocol` parsed it.
        keyring: the keys that are good.
        origins: of web pages that may connect, None for any (RFC 6455, 10.2).
        now_ms: Unix ms, against which keys expire.
    """
    path, _, query = request.path.partition("?")
    channel = PATHS.get(path)
    if channel is None:
        return Refusal(HTTPStatus.NOT_FOUND, "path", f"no such path; connect to {' or '.join(PATHS)}")
    if not any(request.headers.get_all(EXTENSIONS_HEADER)):
        # Some clients send it empty when they offer nothing; websockets takes that for a syntax error.
        request.headers.pop(EXTENSIONS_HEADER, None)
    response = protocol.accept(request)
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        return _not_a_handshake(protocol, response)
    if origins is not None and any(each not in origins for each in request.headers.get_all("Origin")):
        return Refusal(HTTPStatus.FORBIDDEN, "origin", "pages of this origin may not connect; ask for it to be allowed")
    parameters = parse_qs(query, keep_blank_values=True)
    try:
        on_lag = convert(parameters.get("on_lag", ["drop"])[0], OnLag)
    except ValidationError:
        allowed = ", ".join(ON_LAG)
        return Refusal(
            HTTPStatus.BAD_REQUEST, "parameter", f"on_lag must be one of: {allowed}; leave it out for {ON_LAG[0]}"
        )
    key = _key(request, parameters)
    if not key:
        return _unauthorized("no_key", "no key; add ?key=pn_live_… or the header Authorization: Bearer pn_live_…")
    record = keyring.find(key, now_ms)
    if record is None:
        return _unauthorized(WRONG_KEY, "this key is malformed, unknown, expired or revoked; ask for a new one")
    if channel not in record.channels:
        allowed = " and ".join(f"/ws/{name}" for name in record.channels)
        return Refusal(HTTPStatus.FORBIDDEN, "channel", f"this key is for {allowed} only; ask for one for {path}")
    return Accepted(channel, on_lag, record, agreed_window_bits(protocol.extensions), response)


def _not_a_handshake(protocol: ServerProtocol, response: Response) -> Refusal:
    if response.status_code == HTTPStatus.HTTP_VERSION_NOT_SUPPORTED:
        return OLD_HTTP
    kept = ("Allow", "Upgrade", "Sec-WebSocket-Version")
    headers = tuple((name, value) for name, value in response.headers.raw_items() if name in kept)
    if response.status_code == HTTPStatus.UPGRADE_REQUIRED:
        headers += (("Sec-WebSocket-Version", "13"),)
    return Refusal(
        HTTPStatus(response.status_code),
        "handshake",
        f"not a WebSocket handshake: {_problem(protocol.handshake_exc)}; use a WebSocket client",
        headers,
    )


def _problem(error: Exception | None) -> str:
    """Say what is wrong without the value itself, which may be a key in the wrong place."""
    match error:
        case InvalidHeader(name=name, value=value):
            return f"the header {name} is {'missing' if value is None else 'wrong'}"
        case InvalidMethod():
            return "the method is not GET"
        case _:
            return "it is not as RFC 6455 has it"


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


def _unauthorized(label: Label, error: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, label, error, UNAUTHORIZED_HEADERS)
