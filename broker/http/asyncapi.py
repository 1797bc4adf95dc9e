"""The AsyncAPI document of the WebSocket, made of the structs and tables that the service itself goes by. Pure."""

from collections.abc import Iterable, Mapping
from inspect import getdoc
from typing import Any, get_args

from msgspec import Struct, json

from broker.closing import ALL
from broker.events import Event, PriceChange
from broker.http.example_frames import PING, example_frames
from broker.messages import CHANNELS, Channel
from broker.notices import ErrorNotice, Lagged, Pong, Welcome
from broker.view import Snapshot
from workers.conversation import Ping
from workers.subscriber import ON_LAG

SCHEMAS = "#/components/schemas/{name}"
PUSHED: tuple[type[Struct], ...] = (Welcome, Snapshot, *get_args(Event), Lagged)
ANSWERS: tuple[type[Struct], ...] = (Pong, ErrorNotice)
MESSAGES: tuple[type[Struct], ...] = (*PUSHED, Ping, *ANSWERS)
PING_NAME = "ping"
ON_LAG_DESCRIPTION = (
    "What is done once events were dropped because the subscriber was too slow. drop: nothing is said; "
    "notify: lagged; resync: lagged, then a fresh snapshot, and events from there; close: 1013."
)
SECURITY_SCHEMES = {
    "header": {"type": "http", "scheme": "bearer", "description": "pn_live_…; wins over the query"},
    "query": {"type": "httpApiKey", "in": "query", "name": "key", "description": "pn_live_…"},
}
CLOSE_CODES = "\n".join(f"| {each.code} | {each.reason} | {each.reconnect.value} |" for each in ALL)
DESCRIPTION = f"""Live games and the prices of all books: welcome, a snapshot, then every change from exactly there on.

What is wrong with a handshake is answered before the upgrade, by an HTTP status and `{{"error":…}}`. Ignore fields and
types that you don't know.

| close code | reason | reconnect? |
|---|---|---|
{CLOSE_CODES}
"""

Document = dict[str, Any]


def document(version: str, port: int, *, tls: bool) -> Document:
    """Make the document.

    Args:
        version: of books-relayer.
        port: that subscribers connect to.
        tls: whether it speaks TLS.
    """
    _, schemas = json.schema_components(MESSAGES, ref_template=SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "books-relayer",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"relay": _server(port, tls=tls)},
        "channels": {channel: _channel(channel) for channel in CHANNELS},
        "operations": {
            **{f"{channel}_send": _sending(channel) for channel in CHANNELS},
            **{f"{channel}_answer": _answering(channel) for channel in CHANNELS},
        },
        "components": {
            "schemas": schemas,
            "messages": _messages(),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _server(port: int, *, tls: bool) -> Document:
    return {
        "host": "{host}:{port}",
        "protocol": "wss" if tls else "ws",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": str(port)}},
        "security": [_reference("components", "securitySchemes", scheme) for scheme in SECURITY_SCHEMES],
    }


def _channel(channel: Channel) -> Document:
    parameters = {
        "key": {"type": "string", "description": "pn_live_…; or in the header Authorization"},
        "on_lag": {"enum": list(ON_LAG), "default": ON_LAG[0], "description": ON_LAG_DESCRIPTION},
    }
    return {
        "address": f"/ws/{channel}",
        "messages": {name: _reference("components", "messages", name) for name in _names(channel, MESSAGES)},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": parameters},
                "bindingVersion": "0.1.0",
            }
        },
    }


def _sending(channel: Channel) -> Document:
    return {
        "action": "send",
        "channel": _reference("channels", channel),
        "summary": "welcome first, then a snapshot, then events",
        "messages": _of_channel(channel, PUSHED),
    }


def _answering(channel: Channel) -> Document:
    return {
        "action": "receive",
        "channel": _reference("channels", channel),
        "summary": "a ping is answered with a pong, any other text with an error",
        "messages": _of_channel(channel, [Ping]),
        "reply": {"channel": _reference("channels", channel), "messages": _of_channel(channel, ANSWERS)},
    }


def _messages() -> Mapping[str, Document]:
    examples = {**example_frames(), PING_NAME: [json.decode(PING)]}
    return {
        _name(kind): {
            "name": _name(kind),
            "summary": getdoc(kind),
            "payload": {"$ref": SCHEMAS.format(name=kind.__name__)},
            "examples": [{"payload": payload} for payload in examples[_name(kind)]],
        }
        for kind in MESSAGES
    }


def _of_channel(channel: Channel, kinds: Iterable[type[Struct]]) -> list[Document]:
    return [_reference("channels", channel, "messages", name) for name in _names(channel, kinds)]


def _names(channel: Channel, kinds: Iterable[type[Struct]]) -> list[str]:
    return [_name(kind) for kind in kinds if channel == "odds" or kind is not PriceChange]


def _name(kind: type[Struct]) -> str:
    """A message's name: its type on the wire, which a client's ping has none of."""
    return PING_NAME if kind is Ping else str(kind.__struct_config__.tag)


def _reference(*path: str) -> Document:
    return {"$ref": "/".join(("#", *path))}
