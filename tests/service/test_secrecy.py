"""A key stays where it belongs: through a whole life of a service, nobody finds it in what that leaves behind."""

import asyncio
import base64
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from urllib.parse import quote as quoted

import pytest

from broker.key_format import digest
from service.observed import encode, game, last_word
from service.processes import PROC
from service.requesting import HANDSHAKE, request
from service.running import Service, running
from service.subscriber import Subscriber
from service.test_commands import run
from service.waiting import DEADLINE_SECONDS, until
from service.web import fetch

SHOWN_CHARS = 12
"""Of a key, what the list of keys shows."""
HEADERS = (*HANDSHAKE, "Host", "Origin", "Cookie", "User-Agent", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")


def forms(key: str) -> list[bytes]:
    """What of a key must not be found, in each of the ways in which it may be written."""
    secret = key[SHOWN_CHARS:].encode()
    # In base64 it depends on what comes before; the first and last characters hold neighbouring bits too.
    encoded = [base64.b64encode(b"x" * shift + secret)[4:-4] for shift in range(3)]
    percent = "".join(f"%{byte:02x}" for byte in secret).encode()
    return [secret, secret[::-1], *encoded, secret.hex().encode(), percent, percent.upper()]


def holds(text: bytes, key: str) -> bool:
    """Whether a key is in there, however written."""
    lower = text.lower()
    return any(form in text or form.lower() in lower for form in forms(key))


def percent_encoded(key: str) -> str:
    return "".join(f"%{byte:02X}" for byte in key.encode())


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as service:
        yield service


TOLD = ("/metrics", "/status", "/admin/subscribers")
"""What the service tells of itself."""


class Traces:
    """All that a service leaves where somebody may look."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.answers: list[str] = []

    def look(self) -> dict[str, bytes]:
        """What is there now, by where it is."""
        service = self._service
        paths = [service.log_file, service.output_file, *service.data_dir.iterdir(), *service.runtime_dir.iterdir()]
        paths += [PROC / str(pid) / name for pid, name in product(service.processes(), ("cmdline", "environ"))]
        found = {"answers": "\n".join(self.answers).encode()}
        # Gone, or not there yet, while processes are replaced.
        with contextlib.suppress(OSError):
            found |= {target: fetch(service, target, local=True).body for target in TOLD}
        for path in paths:
            # Some files and processes are there for a moment only.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if path.is_file():
                    found[str(path)] = path.read_bytes()
        return found

    def assert_without(self, *keys: str) -> None:
        """None of the keys is anywhere."""
        found = self.look()
        assert {where for where, what in found.items() for key in keys if holds(what, key)} == set()
        # What is looked through is what the service has left.
        assert b"worker registered" in found[str(self._service.log_file)]
        assert any(digest(self._service.key) in what for what in found.values())


def test_what_is_to_be_found_is_found() -> None:
    key = "pn_live_" + "abCD" * 8
    for shift in range(3):
        assert holds(base64.b64encode(b"." * shift + f"Bearer {key} and more".encode()), key)
    for text in (key, key.lower(), percent_encoded(key), f"Bearer {key}", key.encode().hex()):
        assert holds(text.encode(), key)
    assert not holds(key[:SHOWN_CHARS].encode(), key)


def test_a_key_is_found_nowhere_after_good_and_bad_handshakes(service: Service) -> None:
    traces = Traces(service)
    key = service.key
    unknown = "pn_live_" + "u1Zx" * 8
    for each in (key, unknown, key + "x", key[:-1], key.upper()):
        traces.answers += handshakes(service, each)
    for target in (f"/{key}", f"/ws/{key}", f"/ws/live/{key}?key={key}", f"/ws/live?on_lag={key}", f"/ws/live?{key}"):
        for method in ("GET", "POST", key):
            traces.answers.append(request(service.port, target, HANDSHAKE, method).error)
    for name in HEADERS:
        traces.answers.append(request(service.port, f"/ws/live?key={key}", {**HANDSHAKE, name: key}).error)
    for target in ("/v1/games/live", f"/v1/games/{key}", f"/v1/games/search?q={key}", f"/v1/{key}?key={key}"):
        for authorization in (f"Bearer {key}", f"Bearer {unknown}", f"Basic {key}"):
            # Whoever searches for a key is told what was searched for: that answer is its own.
            fetch(service, target, headers={"Authorization": authorization})
    traces.assert_without(key, unknown)


def handshakes(service: Service, key: str) -> list[str]:
    """All ways to hand over a key; what is answered beside a status."""
    targets: list[tuple[str, Mapping[str, str]]] = [
        (f"/ws/live?key={key}", {}),
        (f"/ws/odds?key={percent_encoded(key)}", {}),
        (f"/ws/odds?key={quoted(key)}&key={key}", {}),
        ("/ws/live", {"Authorization": f"Bearer {key}"}),
        ("/ws/live", {"Authorization": f"Basic {base64.b64encode(key.encode()).decode()}"}),
        ("/ws/live", {"Authorization": key}),
        ("/ws/live", {"authorization": f"Digest username={key}"}),
    ]
    return [request(service.port, target, {**HANDSHAKE, **headers}).error for target, headers in targets]


MALFORMED = (
    b"%b\r\n\r\n",
    b"GET /ws/live?key=%b\r\n\r\n",
    b"GET /ws/live?key=%b HTTP/9.9\r\n\r\n",
    b"GET /ws/live?key=%b HTTP/1.1\r\n%b\r\n\r\n",
    b"GET /ws/live?key=%b HTTP/1.1\r\nAuthorization Bearer %b\r\n\r\n",
    b"GET /ws/live?key=%b HTTP/1.1\r\nContent-Length: %b\r\n\r\n",
    b"GET /ws/live?key=%b HTTP/1.1\r\nContent-Length: 42\r\n\r\n%b",
    b"GET /ws/live?key=%b HTTP/1.1\r\n " + b"x" * 9000 + b"%b\r\n\r\n",
    b"GET /" + b"x" * 9000 + b"?key=%b HTTP/1.1\r\n\r\n",
    b"\xff\xfe%b\0%b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc%b",
    b"GET /ws/live?key=%b HTTP/1.1\r\n",
)


@pytest.mark.parametrize("shape", MALFORMED)
def test_a_key_in_a_request_that_is_none_is_found_nowhere(service: Service, shape: bytes) -> None:
    traces = Traces(service)
    with socket.create_connection(("127.0.0.1", service.port), timeout=DEADLINE_SECONDS) as client:
        client.sendall(shape.replace(b"%b", service.key.encode()))
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            traces.answers += [part.decode("latin-1") for part in iter(lambda: client.recv(65_536), b"")]
    traces.assert_without(service.key)


def test_a_key_is_found_nowhere_after_all_that_a_subscriber_may_say(service: Service) -> None:
    traces = Traces(service)
    key = service.key

    async def scenario() -> None:
        for said in (key, f'{{"action":"{key}"}}', f'{{"{key}":1}}', key * 200, key.encode()):
            traces.answers += await told(service, said)
        subscriber = await Subscriber.join(service, "live")
        await subscriber.connection.close(4000, key)
        await subscriber.until_closed()
        subscriber = await Subscriber.join(service, "live")
        subscriber.connection.transport.abort()

    asyncio.run(scenario())
    traces.assert_without(key)


async def told(service: Service, said: str | bytes) -> list[str]:
    """All that a subscriber is told who says this."""
    subscriber = await Subscriber.join(service, "live")
    greeting = len(subscriber.frames)
    await subscriber.connection.send(said)
    await subscriber.until(lambda: len(subscriber.frames) > greeting or not subscriber.is_open, "answered")
    await subscriber.leave()
    return [*subscriber.frames, str(subscriber.connection.close_reason)]


def test_a_key_is_printed_once_and_found_nowhere_through_all_that_an_operator_does(service: Service) -> None:
    traces = Traces(service)
    directory = service.data_dir
    key, told = printed(run(service, "keys", "create", name="Ann", data_dir=directory))
    successor, told_then = printed(run(service, "keys", "rotate", service.key_id(key), grace="1h", data_dir=directory))
    traces.answers += [told, told_then]
    until(lambda: request(service.port, f"/ws/live?key={successor}").status == 101, "the new key opens")
    for command in (("list",), ("list", "--json")):
        traces.answers += run(service, "keys", *command, data_dir=directory)
    # The key where its id is wanted.
    for command in (("revoke", key), ("rotate", key)):
        traces.answers += run(service, "keys", *command, data_dir=directory, code=1)
    run(service, "keys", "revoke", service.key_id(key), data_dir=directory)
    until(lambda: request(service.port, f"/ws/live?key={key}").status == 401, "the old key opens no more")
    traces.assert_without(key, successor)


def printed(outputs: tuple[str, str]) -> tuple[str, str]:
    """What a command said on standard output, a key, and beside it."""
    key, told = outputs
    return key.strip(), told


@pytest.mark.parametrize("on_command_line", [True, False])
def test_the_key_of_a_watcher_is_in_no_title(service: Service, tmp_path: Path, on_command_line: bool) -> None:
    traces = Traces(service)
    key = service.key
    command = service.command("watch", "live", "--json", url=f"ws://127.0.0.1:{service.port}")
    environment = {**service.environment, **({} if on_command_line else {"BOOKS_RELAYER_KEY": key})}
    output, errors = tmp_path / "output", tmp_path / "errors"
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        watcher = subprocess.Popen(
            [*command, "--key", key] if on_command_line else command, stdout=stdout, stderr=stderr, env=environment
        )
    try:
        until(lambda: b"welcome" in output.read_bytes(), "the watcher is in")
        title = (PROC / str(watcher.pid) / "cmdline").read_bytes()
        assert title.rstrip(b"\0") == b"books-relayer: watch live"
    finally:
        watcher.send_signal(signal.SIGINT)
        watcher.wait(DEADLINE_SECONDS)
    traces.answers += [output.read_text(), errors.read_text()]
    traces.assert_without(key)


def test_a_key_is_found_nowhere_when_processes_die_and_are_replaced_and_all_ends(service: Service) -> None:
    traces = Traces(service)

    async def scenario() -> None:
        async with await Subscriber.join(service, "live"):
            service.send([encode(game("watched")), service.key.encode()])
            for child in ("worker-1", "worker-2", "broker"):
                await asyncio.to_thread(service.kill, child)
            service.send(last_word("after-all-deaths"))
            assert service.process
            before = service.workers
            os.kill(service.process.pid, signal.SIGHUP)
            await asyncio.to_thread(until, lambda: service.logged("reloaded"), "the workers are replaced")
            assert not set(before) & set(service.workers)
            traces.assert_without(service.key)

    asyncio.run(scenario())
    service.stop()
    traces.assert_without(service.key)
