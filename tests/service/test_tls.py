"""TLS served by the workers: who is refused, who costs nothing, and certificates renewed under their subscribers."""

import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.authority import HOST, Authority
from service.feeding import feeding, is_fed, place
from service.observed import last_word
from service.processes import descriptors
from service.requesting import HANDSHAKE, request
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth
from service.waiting import eventually, until

HANDSHAKE_SECONDS = 10.0
MARGIN_SECONDS = 2.5
"""The deadline is looked after once a second."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(tls=True) as service:
        yield service


@pytest.fixture
def renewing() -> Iterator[tuple[Service, Authority]]:
    """One whose certificate the test replaces."""
    with running(tls=True, drain_seconds=1) as service:
        assert service.authority
        yield service, service.authority


def shown(service: Service) -> str:
    """The serial number of the certificate that a new client is shown."""
    assert service.trust
    with (
        socket.create_connection((HOST, service.port), timeout=10) as client,
        service.trust.wrap_socket(client, server_hostname=HOST) as session,
    ):
        certificate = session.getpeercert()
        assert certificate
        return str(certificate["serialNumber"])


def all_shown(service: Service) -> set[str]:
    """What a dozen clients are shown: by both workers, unless chance wills otherwise."""
    return {shown(service) for _ in range(12)}


def connected(service: Service, context: ssl.SSLContext, name: str | None = HOST) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection((HOST, service.port), timeout=10), server_hostname=name)


def test_the_protocol_is_tls_1_3_over_http_1_1_and_1_2_for_who_knows_no_other(service: Service) -> None:
    assert service.authority
    for latest, version in ((ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
        context = ssl.create_default_context(cafile=service.authority.ca_file)
        context.maximum_version = latest
        context.set_alpn_protocols(["h2", "http/1.1"])
        with connected(service, context) as session:
            assert (session.version(), session.selected_alpn_protocol()) == (version, "http/1.1")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_tls_1_1_is_refused(service: Service) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # Without this OpenSSL's own policy refuses it, and the server is never asked.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"), connected(service, context):
        pass


@pytest.mark.parametrize("name", ["another.example", None])
def test_any_name_or_none_is_served(service: Service, name: str | None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connected(service, context, name) as session:
        lines = [f"GET /ws/live?key={service.key} HTTP/1.1", "Host: x", *(f"{n}: {v}" for n, v in HANDSHAKE.items())]
        session.sendall("\r\n".join([*lines, "", ""]).encode())
        assert session.recv(12) == b"HTTP/1.1 101"


def test_refusals_are_told_inside_tls(service: Service) -> None:
    answer = request(service.port, "/ws/live?key=wrong", trust=service.trust)
    assert answer.status == 401
    assert "key" in answer.error


@pytest.mark.parametrize(
    "said", [b"GET /ws/live HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600]
)
def test_what_is_no_tls_gets_no_sense_and_costs_nothing(service: Service, said: bytes) -> None:
    before = sum(descriptors(worker) for worker in service.workers)
    for _ in range(50):
        with socket.create_connection((HOST, service.port), timeout=10) as client:
            client.sendall(said)
            # At most the alert of TLS that says so.
            assert len(b"".join(iter(lambda: client.recv(4096), b""))) <= 7
    # Fewer, where a client of an earlier test was just going.
    until(lambda: sum(descriptors(worker) for worker in service.workers) <= before, "all of them are gone")


def _says_nothing(service: Service) -> socket.socket:
    return socket.create_connection((HOST, service.port))


def _says_half_of_hello(service: Service) -> socket.socket:
    client = socket.create_connection((HOST, service.port))
    hello = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname=HOST).do_handshake()
    client.sendall(hello.read(100))
    return client


def _does_not_answer_hello(service: Service) -> socket.socket:
    client = socket.create_connection((HOST, service.port))
    hello = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname=HOST).do_handshake()
    client.sendall(hello.read())
    return client


def _asks_for_nothing(service: Service) -> socket.socket:
    assert service.trust
    return connected(service, service.trust)


STALLS: tuple[Callable[[Service], socket.socket], ...] = (
    _says_nothing,
    _says_half_of_hello,
    _does_not_answer_hello,
    _asks_for_nothing,
)


@pytest.mark.alone
def test_wherever_a_handshake_stalls_it_has_ten_seconds_in_all_and_others_do_not_wait(service: Service) -> None:
    with ExitStack() as stack:
        began = time.monotonic()
        stalled = [stack.enter_context(stall(service)) for stall in STALLS]
        assert request(service.port, f"/ws/live?key={service.key}", trust=service.trust).status == 101
        assert time.monotonic() - began < MARGIN_SECONDS
        for client in stalled:
            client.settimeout(HANDSHAKE_SECONDS + MARGIN_SECONDS)
            while _received(client):
                pass
            assert HANDSHAKE_SECONDS - MARGIN_SECONDS < time.monotonic() - began < HANDSHAKE_SECONDS + MARGIN_SECONDS


def _received(client: socket.socket) -> bytes:
    try:
        return client.recv(4096)
    except (ConnectionResetError, ssl.SSLError):
        # Cut off in the midst of TLS.
        return b""


def test_a_certificate_renewed_under_load_costs_nobody_anything(renewing: tuple[Service, Authority]) -> None:
    service, authority = renewing

    async def scenario() -> None:
        workers = service.workers
        async with AsyncExitStack() as stack:
            with feeding(service):
                old = [await stack.enter_async_context(await Subscriber.join(service, "odds")) for _ in range(10)]
                for subscriber in old:
                    await is_fed(subscriber)
                (before,) = await asyncio.to_thread(all_shown, service)
                authority.issue()
                await eventually(lambda: len(service.logged("certificate renewed")) == 2, "both have the new one")
                (after,) = await asyncio.to_thread(all_shown, service)
                assert before != after
                new = [await stack.enter_async_context(await Subscriber.join(service, "odds")) for _ in range(10)]
                for subscriber in new:
                    await is_fed(subscriber)
            await asyncio.to_thread(service.send, last_word())
            emitted = Truth.read(service.data_dir).events("odds")
            for subscriber in (*old, *new):
                await subscriber.until_last()
                assert place(subscriber.events, emitted).stop == len(emitted)
            assert service.workers == workers

    asyncio.run(scenario())


def test_a_bad_certificate_is_told_of_and_the_old_one_stays(renewing: tuple[Service, Authority]) -> None:
    service, authority = renewing

    def told() -> set[str]:
        return {line["error"] for line in service.logged("the certificate before stays in use")}

    (before,) = all_shown(service)
    authority.put(authority.key_file, authority.leaf().private_key_pem.bytes())
    until(lambda: any("the key is not the certificate's" in error for error in told()), "the wrong key is told of")
    authority.key_file.unlink()
    until(lambda: any("can't be read" in error for error in told()), "the missing key is told of")
    assert all_shown(service) == {before}
    assert service.process
    # Nor do new workers come without one: the old ones go on.
    service.process.send_signal(signal.SIGHUP)
    given_up = "reload given up, the old workers stay: a new one can't be started"
    until(lambda: service.logged(given_up), "the reload is given up")
    assert all_shown(service) == {before}
    authority.issue(not_after=datetime.now(UTC) - timedelta(days=1))
    until(lambda: len(service.logged("clients will refuse the certificate")) == 2, "the expired one is told of")
    authority.issue()
    until(lambda: len(service.logged("certificate renewed")) == 4, "the good one is in use")
    assert all_shown(service) != {before}


def test_new_workers_have_the_new_certificate(renewing: tuple[Service, Authority]) -> None:
    service, authority = renewing
    before, (serial,) = service.workers, all_shown(service)
    authority.issue()
    assert service.process
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.logged("reloaded"), "the workers are renewed")
    assert not set(service.workers) & set(before)
    assert serial not in all_shown(service)


@pytest.mark.alone
def test_who_waits_to_be_accepted_at_a_stop_is_answered_inside_tls() -> None:
    with running(tls=True, workers=1, drain_seconds=2) as service:
        worker = service.pid("worker-1")
        os.kill(worker, signal.SIGSTOP)
        # Connected by the kernel, and accepted by nobody.
        clients = [socket.create_connection((HOST, service.port), timeout=10) for _ in range(10)]
        assert service.process
        service.process.send_signal(signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        lines = [f"GET /ws/live?key={service.key} HTTP/1.1", "Host: x", *(f"{n}: {v}" for n, v in HANDSHAKE.items())]
        assert service.trust
        for client in clients:
            with service.trust.wrap_socket(client, server_hostname=HOST) as session:
                session.sendall("\r\n".join([*lines, "", ""]).encode())
                assert session.recv(12) in (b"HTTP/1.1 101", b"HTTP/1.1 503")
        assert service.process.wait(10) == 0


def serve(service: Service, *words: str, cert: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """Run `serve` with these files; it is not to get far."""
    command = service.command("serve", *words, tls_cert=cert, tls_key=key, runtime_dir=service.runtime_dir)
    return subprocess.run(command, env=service.environment, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("words", [("--check",), ()], ids=["check", "start"])
def test_what_is_wrong_with_the_files_is_told_before_anything_starts(
    service: Service, words: tuple[str, ...], tmp_path: Path
) -> None:
    authority, other = Authority(tmp_path), tmp_path / "other.pem"
    other.write_bytes(authority.leaf().private_key_pem.bytes())
    for cert, key, said in (
        (tmp_path / "none.pem", authority.key_file, "No such file"),
        (authority.cert_file, tmp_path, "tls_key is .*can't be read"),
        (authority.key_file, authority.key_file, "there is no PEM certificate in it"),
        (authority.cert_file, other, "the key is not the certificate's"),
    ):
        ended = serve(service, *words, cert=cert, key=key)
        assert ended.returncode == 2
        assert re.search(said, ended.stderr)
        assert ended.stderr.count("\n") == 1


def test_check_tells_that_a_certificate_has_expired(service: Service, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue(not_after=datetime.now(UTC) - timedelta(days=1))
    ended = serve(service, "--check", cert=authority.cert_file, key=authority.key_file)
    assert (ended.returncode, ended.stdout) == (0, "the settings are good\n")
    assert ended.stderr == "books-relayer: clients will refuse the certificate: certificate has expired\n"
