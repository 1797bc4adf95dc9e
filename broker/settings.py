"""The service's settings: the only list of them. Flags, environment and TOML file are derived from it."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert, field

DEFAULT_DIR = ".books-relayer"
UNIX_PATH_LIMIT_BYTES = 107
"""Longest path of a Unix socket (unix(7): sun_path is 108 bytes with its final zero)."""
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


class SettingsError(Exception):
    """A setting that can't be used; the message is one sentence that names it."""


def _data_dir() -> str:
    return os.environ.get("STATE_DIRECTORY") or DEFAULT_DIR


def _runtime_dir() -> str:
    return os.environ.get("RUNTIME_DIRECTORY") or DEFAULT_DIR


def _cores() -> int:
    return len(os.sched_getaffinity(0))


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an operator can set; each field's description is its help text.

    A field `drain_seconds` is the flag `--drain-seconds`, the variable `BOOKS_RELAYER_DRAIN_SECONDS` and the
    TOML key `drain_seconds`.
    """

    host: Annotated[str, Meta(description="Address that subscribers connect to.")] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(ge=1, le=65535, description="Port that subscribers connect to, shared by all workers."),
    ] = 8080
    http_host: Annotated[str, Meta(description="Address of HTTP: page, REST, health and metrics.")] = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=1, le=65535, description="Port of HTTP.")] = 8081
    requests_per_second: Annotated[
        float,
        Meta(gt=0, description="REST requests of each key a second; twice that at once."),
    ] = 50.0
    admin_token: Annotated[
        str,
        Meta(description="File with the token that opens /admin over HTTP; default: only the local socket does."),
    ] = ""
    workers: Annotated[
        int,
        Meta(ge=1, le=64, description="Worker processes; more than one a core doesn't help."),
    ] = field(default_factory=_cores)
    tls_cert: Annotated[
        str,
        Meta(
            description="PEM file of the certificate and then of its issuers: the port speaks TLS, and the file is "
            "read again when it changes."
        ),
    ] = ""
    tls_key: Annotated[str, Meta(description="PEM file of the certificate's private key, without a password.")] = ""
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Addresses and networks of proxies in front, separated by commas: from these, and only these, "
            "X-Forwarded-For tells a client's address."
        ),
    ] = ""
    cap: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Subscribers in total, both channels, all workers."),
    ] = 20_000
    data_dir: Annotated[str, Meta(min_length=1, description="Directory of state, journal and keys.")] = field(
        default_factory=_data_dir
    )
    runtime_dir: Annotated[str, Meta(min_length=1, description="Directory of the local sockets.")] = field(
        default_factory=_runtime_dir
    )
    ingest: Annotated[
        str,
        Meta(
            description="Where producers connect: ipc://PATH or tcp://HOST:PORT, beyond loopback with --ingest-keys; "
            "default ipc://<runtime-dir>/ingest.sock."
        ),
    ] = ""
    ingest_keys: Annotated[
        str,
        Meta(
            description="Directory of CURVE keys, made by `books-relayer enroll`: only enrolled producers are then "
            "heard. For a producer: the directory that it was issued."
        ),
    ] = ""
    durability: Annotated[
        Literal["checkpoint", "fsync"],
        Meta(
            description="checkpoint: an acknowledged observation survives kill -9; "
            "fsync: a power cut too, at the price of one disk sync a commit."
        ),
    ] = "checkpoint"
    compression: Annotated[
        Literal["on", "off"],
        Meta(description="Whether subscribers that offer permessage-deflate get it."),
    ] = "on"
    peer_timeout_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=3600,
            description="Seconds after which a peer that acknowledges nothing is gone.",
        ),
    ] = 60
    origins: Annotated[
        str,
        Meta(description="Origins of web pages that may connect, separated by commas; default any."),
    ] = ""
    handshakes: Annotated[
        int,
        Meta(ge=1, description="Unfinished handshakes of each worker; past that, the oldest is turned away."),
    ] = 8_192
    handshakes_per_address: Annotated[
        int,
        Meta(ge=0, description="Unfinished handshakes of one address at each worker; 0 for any number."),
    ] = 1_024
    wrong_keys_per_minute: Annotated[
        int,
        Meta(ge=1, description="Wrong keys of one address at each worker, before it is told 429 instead of 401."),
    ] = 60
    seats_per_address: Annotated[
        int,
        Meta(ge=0, description="Subscribers of one address, each worker seeing to its part; 0 for any number."),
    ] = 0
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="Seconds in which subscribers are told of a stop and closed."),
    ] = 5.0
    log_format: Annotated[Literal["text", "json"], Meta(description="Log lines as key=value text or as JSON.")] = "text"

    @property
    def ingest_endpoint(self) -> str:
        """ZeroMQ endpoint of the producers' socket."""
        return self.ingest or self.local_endpoint("ingest")

    @property
    def ingest_keys_dir(self) -> Path | None:
        """Directory of the keys that producers prove, None where they need none."""
        return Path(self.ingest_keys) if self.ingest_keys else None

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The trusted proxies; an address is a network of its own."""
        return tuple(ip_network(each.strip()) for each in self.trusted_proxies.split(",") if each.strip())

    @property
    def allowed_origins(self) -> frozenset[str] | None:
        """Origins of web pages that may connect, None for any."""
        return frozenset(each.strip() for each in self.origins.split(",")) if self.origins else None

    def local_endpoint(self, name: str) -> str:
        """ZeroMQ endpoint of one of our own sockets in the runtime directory."""
        return f"ipc://{Path(self.runtime_dir).absolute() / name}.sock"


def checked(values: dict[str, Any]) -> Settings:
    """Make settings of values from flags, environment and file.

    Raises:
        SettingsError: if one is unknown, mistyped, out of range or can't work.
    """
    try:
        settings = convert(values, Settings)
    except ValidationError as error:
        raise SettingsError(f"bad setting: {error}") from error
    for endpoint in (settings.ingest_endpoint, settings.local_endpoint("control")):
        _check_endpoint(endpoint, settings.ingest_keys_dir is not None)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("tls_cert and tls_key belong together: give both, or neither")
    try:
        settings.proxy_networks  # noqa: B018 parsing them is the check
    except ValueError as error:
        raise SettingsError(f"trusted_proxies is {settings.trusted_proxies!r}: {error}") from error
    return settings


def _check_endpoint(endpoint: str, has_keys: bool) -> None:
    problem = SettingsError(f"ingest is {endpoint!r}: it must be ipc://PATH or tcp://HOST:PORT")
    try:
        parts = urlsplit(endpoint)
        is_tcp = parts.scheme == "tcp" and parts.port and parts.netloc.rpartition(":")[0].strip("[]") == parts.hostname
        is_tcp = is_tcp and not (parts.path or parts.query or parts.fragment)
    except ValueError as error:
        raise problem from error
    path = endpoint.removeprefix("ipc://")
    # A path with @ is an abstract name, which has no permissions (unix(7)).
    if not is_tcp and (not path or path == endpoint or path.startswith("@")):
        raise problem
    if is_tcp and not has_keys and parts.hostname not in LOOPBACK_HOSTS:
        raise SettingsError(
            f"ingest is {endpoint!r}: without ingest_keys, tcp:// is for {', '.join(LOOPBACK_HOSTS)} only"
        )
    if not is_tcp and len(os.fsencode(path)) > UNIX_PATH_LIMIT_BYTES:
        raise SettingsError(
            f"{endpoint} is longer than the {UNIX_PATH_LIMIT_BYTES} bytes of a Unix socket's path: "
            "choose a shorter runtime_dir"
        )
