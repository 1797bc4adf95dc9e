"""The service behind nginx and Caddy as operators are told to set them up: nothing is lost, changed or given away."""

import asyncio
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPSConnection
from typing import NamedTuple

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from broker.messages import CHANNELS, Channel
from broker.settings import Settings
from service.authority import HOST
from service.crowds import AGREED
from service.feeding import feeding, is_fed, place
from service.observed import encode, game, last_word, quote
from service.proxies import CONFIGURATIONS, KINDS, Kind, Proxy
from service.raw import DEFLATE, RawSubscriber
from service.requesting import HANDSHAKE, request
from service.running import Service, free_port, running
from service.subscriber import FULL_WINDOW, Subscriber
from service.truth import Truth
from service.web import fetch
from workers.door import PING_SLOTS
from workers.proxies import Proxies

RESTART = (1012, "service restart")
EVENTS = 1_000
"""With compression from the first reset point on, which comes within 256 of them."""
IDLERS = 4 * PING_SLOTS
"""One in each second of the turn in which pings are given out, at either worker, unless chance is against us."""
SILENCE_SECONDS = 3.0
"""What nginx is told to put up with, instead of more than a turn."""


@pytest.fixture(scope="module", params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    if kind.why_absent:
        pytest.skip(kind.why_absent)
    return kind


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(trusted_proxies=HOST, drain_seconds=1) as service:
        yield service


@pytest.fixture(scope="module")
def proxy(kind: Kind, service: Service) -> Iterator[Proxy]:
    with kind.before(service.port) as proxy:
        yield proxy


@pytest.mark.parametrize("window_bits", [None, FULL_WINDOW], ids=["plain", "compressed"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_subscriber_gets_all_that_it_would_get_without_it(
    service: Service, proxy: Proxy, channel: Channel, window_bits: int | None
) -> None:
    name = f"{proxy.port}-{channel}-{window_bits}"
    lines = [encode(quote(f"game-{name}", 100.0 + number)) for number in range(EVENTS)]

    async def scenario() -> None:
        async with (
            await Subscriber.join(service, channel, window_bits=window_bits) as beside,
            await Subscriber.join(proxy, channel, service.key, window_bits=window_bits) as behind,
        ):
            assert behind.extension == (AGREED if window_bits else None)
            service.send([encode(game(f"game-{name}")), *lines])
            service.send(last_word(f"last-{name}"))
            for subscriber in (beside, behind):
                await subscriber.until_last(f"last-{name}")
            assert behind.events == beside.events
            assert await behind.ask('{"action":"ping"}') == {
                "type": "pong",
                "ts": pytest.approx(time.time() * 1e3, abs=1e4),
            }

    asyncio.run(scenario())


def test_compressed_frames_pass_as_they_are(service: Service, proxy: Proxy) -> None:
    with (
        RawSubscriber.join(service, "odds", DEFLATE) as beside,
        RawSubscriber.join(proxy, "odds", DEFLATE, key=service.key) as behind,
    ):
        name = f"raw-{proxy.port}"
        service.send([encode(game(name)), *(encode(quote(name, 100.0 + number)) for number in range(EVENTS))])
        service.send(last_word(f"last-{name}"))
        for subscriber in (beside, behind):
            subscriber.read_until_last(f"last-{name}")
        assert behind.events == beside.events
        assert behind.events[-1].compressed


def test_refusals_pass_as_they_are(service: Service, proxy: Proxy) -> None:
    for target in ("/ws/nothing", "/ws/live?key=wrong", f"/ws/live?key={service.key}&on_lag=banana"):
        beside, behind = request(service.port, target), request(proxy.port, target, trust=proxy.trust)
        assert (behind.status, behind.error) == (beside.status, beside.error)
        assert behind.headers.get("www-authenticate") == beside.headers.get("www-authenticate")


def test_page_and_rest_are_for_everybody_and_the_rest_is_not(kind: Kind, service: Service) -> None:
    with kind.before(service.port, {"127.0.0.1:8081": f"127.0.0.1:{service.http_port}"}) as proxy:

        def get(target: str) -> tuple[int, Mapping[str, str], bytes]:
            connection = HTTPSConnection(HOST, proxy.port, context=proxy.trust)
            with closing(connection):
                connection.request("GET", target, headers={"Authorization": f"Bearer {service.key}"})
                answer = connection.getresponse()
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

        for target in ("/", "/openapi.json", "/v1/games/live"):
            status, headers, body = get(target)
            beside = fetch(service, target, headers={"Authorization": f"Bearer {service.key}"})
            assert (status, body) == (beside.status, beside.body)
            assert status == 200
            for name in ("content-type", "content-security-policy", "x-stream-seq"):
                assert headers.get(name) == beside.headers.get(name)
        for target in ("/metrics", "/status", "/admin/subscribers", "//metrics", "/%6Detrics", "/v1/../metrics"):
            assert get(target)[0] in (403, 404), target


def test_a_reload_of_the_relay_passes_its_close_code_and_turns_nobody_away(kind: Kind) -> None:
    async def scenario(service: Service, proxy: Proxy) -> None:
        came: list[Subscriber] = []

        async def come_and_go() -> None:
            while not service.logged("reloaded"):
                async with await Subscriber.join(proxy, "odds", service.key) as comer:
                    await comer.until(lambda comer=comer: comer.events or not comer.is_open, "fed")  # type: ignore[misc]
                    came.append(comer)

        old = [await Subscriber.join(proxy, "odds", service.key) for _ in range(10)]
        with feeding(service):
            for subscriber in old:
                await is_fed(subscriber)
            assert service.process
            service.process.send_signal(signal.SIGHUP)
            await asyncio.gather(come_and_go(), come_and_go())
        for subscriber in old:
            assert await subscriber.until_closed() == RESTART
        emitted = Truth.read(service.data_dir).events("odds")
        for subscriber in (*old, *came):
            if subscriber.events:
                place(subscriber.events, emitted)
        assert came

    with running(trusted_proxies=HOST, drain_seconds=1) as service, kind.before(service.port) as proxy:
        asyncio.run(scenario(service, proxy))


class Idler(NamedTuple):
    """What became of a subscriber without events: when it was pinged, and cut off, in seconds from its join."""

    pinged: float | None
    ended: float | None


def test_pings_come_through_and_keep_a_silent_connection(kind: Kind, service: Service) -> None:
    """nginx is told to put up with a few seconds of silence; each ping grants as many more."""
    impatient = {"75s": f"{SILENCE_SECONDS:g}s"} if kind.name == "nginx" else {}

    async def scenario(proxy: Proxy) -> list[Idler]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=proxy.trust)) as session:
            return await asyncio.gather(*(_idle(session, proxy.url("live", service.key)) for _ in range(IDLERS)))

    with kind.before(service.port, impatient) as proxy:
        idlers = asyncio.run(scenario(proxy))
    pinged = [idler for idler in idlers if idler.pinged]
    assert len(pinged) >= 3
    for idler in idlers:
        if kind.name == "caddy":
            assert idler.ended is None
        elif idler.pinged is None:
            assert idler.ended
        else:
            assert idler.ended is None or idler.ended > idler.pinged + SILENCE_SECONDS - 1


async def _idle(session: aiohttp.ClientSession, url: str) -> Idler:
    """Be there for about twice as long as silence is put up with."""
    pinged = None
    async with session.ws_connect(url, autoping=False) as connection:
        joined = time.monotonic()
        try:
            async with asyncio.timeout(2 * SILENCE_SECONDS):
                async for message in connection:
                    if message.type is aiohttp.WSMsgType.PING:
                        pinged = time.monotonic() - joined
        except TimeoutError:
            return Idler(pinged, None)
        return Idler(pinged, time.monotonic() - joined)


def test_nginx_is_told_to_wait_for_longer_than_a_ping() -> None:
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", (CONFIGURATIONS / "nginx.conf").read_text())
    assert int(seconds) > 2 * PING_SLOTS


def test_the_client_s_address_is_told_and_not_what_it_makes_up(kind: Kind) -> None:
    ours, spoofed = "127.0.0.2", "198.51.100.1"
    proxies = Proxies(Settings(trusted_proxies=HOST).proxy_networks)
    headers = {**HANDSHAKE, "Host": HOST, "X-Forwarded-For": spoofed}
    lines = ["GET /ws/live HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    with (
        socket.create_server((HOST, 0)) as upstream,
        kind.before(upstream.getsockname()[1]) as proxy,
        socket.create_connection((HOST, proxy.port), timeout=10, source_address=(ours, 0)) as client,
        proxy.trust.wrap_socket(client, server_hostname=HOST) as session,
    ):
        session.sendall("\r\n".join([*lines, "", ""]).encode())
        peer, (peer_address, _) = upstream.accept()
        with peer, peer.makefile("rb") as stream:
            said = [line.decode().rstrip() for line in iter(stream.readline, b"\r\n")]
    pairs = [line.partition(": ") for line in said[1:]]
    forwarded = [value for name, _, value in pairs if name.lower() == "x-forwarded-for"]
    assert peer_address == HOST
    assert proxies.client(peer_address, forwarded) == ours
    assert {name.lower(): value for name, _, value in pairs}["upgrade"] == "websocket"


@pytest.mark.parametrize("status", [400, 502], ids=["refused", "no relay there"])
def test_no_key_is_in_what_a_proxy_writes(service: Service, kind: Kind, status: int) -> None:
    async def scenario(proxy: Proxy) -> None:
        if status != 502:
            async with await Subscriber.join(proxy, "live", service.key):
                pass
        with pytest.raises(InvalidStatus) as refused:
            await Subscriber.join(proxy, "live", service.key, on_lag="banana")
        assert refused.value.response.status_code == status

    with kind.before(free_port() if status == 502 else service.port) as proxy:
        asyncio.run(scenario(proxy))
        written = {path.name: path.read_bytes() for path in proxy.root.rglob("*") if path.is_file()}
    assert not [name for name, content in written.items() if service.key.encode() in content]
    if kind.name == "nginx":
        assert b"/ws/live" in written["books-relayer.access.log"]
