"""What can't work is refused by name before anything starts."""

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from broker.settings import UNIX_PATH_LIMIT_BYTES, Settings, SettingsError, checked


def test_the_defaults_are_good_and_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    settings = checked({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.cap) == ("127.0.0.1", 8080, 20_000)
    assert settings.workers == len(os.sched_getaffinity(0))
    assert settings.data_dir == settings.runtime_dir == ".books-relayer"
    assert settings.ingest_endpoint == f"ipc://{Path.cwd()}/.books-relayer/ingest.sock"
    assert settings.ingest_keys_dir is None


def test_systemd_s_directories_are_the_defaults_under_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/books-relayer")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/books-relayer")
    settings = checked({})
    assert (settings.data_dir, settings.runtime_dir) == ("/var/lib/books-relayer", "/run/books-relayer")
    assert settings.ingest_endpoint == "ipc:///run/books-relayer/ingest.sock"
    assert settings.local_endpoint("control") == "ipc:///run/books-relayer/control.sock"
    assert checked({"data_dir": "d", "runtime_dir": "/r"}).data_dir == "d"


def test_an_empty_directory_of_systemd_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "")
    settings = checked({})
    assert settings.data_dir == settings.runtime_dir == ".books-relayer"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"prot": 8080}, "prot"),
        ({"port": "8080"}, "port"),
        ({"port": 8080.0}, "port"),
        ({"port": True}, "port"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"workers": 0}, "workers"),
        ({"workers": 65}, "workers"),
        ({"cap": 0}, "cap"),
        ({"cap": 1_000_001}, "cap"),
        ({"cap": None}, "cap"),
        ({"data_dir": ""}, "data_dir"),
        ({"runtime_dir": ""}, "runtime_dir"),
        ({"durability": "maybe"}, "durability"),
        ({"peer_timeout_seconds": 0}, "peer_timeout_seconds"),
        ({"drain_seconds": -0.1}, "drain_seconds"),
        ({"drain_seconds": float("nan")}, "drain_seconds"),
        ({"drain_seconds": float("inf")}, "drain_seconds"),
        ({"log_format": "xml"}, "log_format"),
        ({"host": 7}, "host"),
    ],
)
def test_a_bad_setting_is_named(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^bad setting: .*{named}"):
        checked(values)


@pytest.mark.parametrize(
    "values",
    [
        {"port": 1},
        {"port": 65535},
        {"workers": 64},
        {"cap": 1_000_000},
        {"drain_seconds": 0},
        {"drain_seconds": 600},
        {"ingest": "tcp://127.0.0.1:5555"},
        {"ingest": "tcp://localhost:5555"},
        {"ingest": "tcp://[::1]:5555"},
        {"ingest": "ipc:///tmp/in.sock"},
        {"tls_cert": "cert.pem", "tls_key": "key.pem"},
        {"trusted_proxies": "127.0.0.1"},
        {"trusted_proxies": "10.0.0.0/8, ::1,2001:db8::/32"},
    ],
)
def test_settings_at_their_bounds_are_good(values: dict[str, Any]) -> None:
    settings = checked(values)
    assert {name: structs.asdict(settings)[name] for name in values} == values


@pytest.mark.parametrize(
    "endpoint",
    [
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:99999",
        "tcp://127.0.0.1:x",
        "tcp://:5555",
        "tcp://127.0.0.1:5555/path",
        "tcp://[::1",
        "udp://127.0.0.1:5555",
        "/tmp/in.sock",
        "ipc://",
        "ipc://@name",
        "tcp://user@127.0.0.1:5555",
        "tcp://127.0.0.1:5555?x=1",
        "nonsense",
    ],
)
def test_an_ingest_that_is_no_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="it must be ipc://PATH or tcp://HOST:PORT"):
        checked({"ingest": endpoint})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.org", "[::]", "*"])
def test_ingest_over_tcp_is_for_loopback_only_unless_there_are_keys(host: str) -> None:
    with pytest.raises(SettingsError, match="without ingest_keys, tcp:// is for 127"):
        checked({"ingest": f"tcp://{host}:5555"})
    settings = checked({"ingest": f"tcp://{host}:5555", "ingest_keys": "keys"})
    assert settings.ingest_keys_dir == Path("keys")


@pytest.mark.parametrize("values", [{"tls_cert": "cert.pem"}, {"tls_key": "key.pem"}])
def test_a_certificate_and_its_key_belong_together(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="tls_cert and tls_key belong together"):
        checked(values)


@pytest.mark.parametrize("proxies", ["localhost", "127.0.0.1 ::1", "10.0.0.0/33", "10.0.0.1/8", "127.0.0.1:80"])
def test_a_proxy_is_an_address_or_a_network(proxies: str) -> None:
    with pytest.raises(SettingsError, match=f"^trusted_proxies is '{proxies}': "):
        checked({"trusted_proxies": proxies})


def test_a_socket_path_is_measured_in_bytes_before_the_kernel_refuses_it() -> None:
    # ingest.sock is a byte shorter than control.sock.
    longest = "/" + "x" * (UNIX_PATH_LIMIT_BYTES - len("//control.sock"))
    assert checked({"runtime_dir": longest}).runtime_dir == longest
    for too_long in (longest + "x", "/" + "ü" * 60):
        with pytest.raises(SettingsError, match="choose a shorter runtime_dir"):
            checked({"runtime_dir": too_long})
    with pytest.raises(SettingsError, match="longer than the 107 bytes"):
        checked({"ingest": "ipc:///" + "x" * 107})
