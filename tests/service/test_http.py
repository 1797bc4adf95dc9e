"""What the HTTP process tells of the service, what operators may do with it, and that the service doesn't need it."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.closing import BY_OPERATOR
from broker.frames import text_frame
from broker.http.bounded import CONNECTIONS
from service.observed import encode, game, quote
from service.running import Service, running, start_in_vain
from service.subscriber import Subscriber
from service.waiting import DEADLINE_SECONDS, eventually, until
from service.web import Reply, ask, fetch, metric

TOKEN = "a-token-that-is-long-enough"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One with a token for operators."""
    with TemporaryDirectory(prefix="token-") as directory:
        file = Path(directory) / "token"
        file.write_text(f"{TOKEN}\n")
        with running(admin_token=file) as service:
            yield service


def line(service: Service, path: str) -> tuple[int, str]:
    """A one-line answer; status 0 while there is none."""
    try:
        reply = fetch(service, path)
    except OSError:
        return 0, ""
    return reply.status, reply.text


def test_health_counts_subscribers_as_they_come_and_go(service: Service) -> None:
    async def scenario() -> None:
        async with (
            await Subscriber.join(service, "live"),
            await Subscriber.join(service, "odds"),
            await Subscriber.join(service, "odds"),
        ):
            await eventually(
                lambda: line(service, "/health") == (200, "ok total=3 live=1 odds=2 cap=20000"), "3 are told"
            )
            assert metric(service, "subscribers", channel="odds") == 2
            assert metric(service, "seats", state="taken") == 3
            assert fetch(service, "/status").json["subscribers"] == {"total": 3, "live": 1, "odds": 2}

    asyncio.run(scenario())
    until(lambda: line(service, "/health")[1] == "ok total=0 live=0 odds=0 cap=20000", "they have left")
    until(lambda: metric(service, "closed_connections_total", reason="client") >= 3, "their leaving is told")
    assert line(service, "/readyz") == (200, "ready")


def test_what_flows_is_counted(service: Service) -> None:
    async def scenario() -> None:
        before = metric(service, "events_total", type="price_change")
        delivered = metric(service, "deliveries_total")
        async with await Subscriber.join(service, "odds") as subscriber:
            lines = [encode(game("g-flow")), *(encode(quote("g-flow", 101.0 + n)) for n in range(50))]
            service.send(lines)
            await subscriber.until(lambda: len(subscriber.events) >= 50, "told of all prices")
            await eventually(
                lambda: metric(service, "events_total", type="price_change") == before + 50, "all are told"
            )
            await eventually(lambda: metric(service, "deliveries_total") >= delivered + 50, "deliveries are told")
            assert metric(service, "ingest_to_socket_seconds_count") >= 1
            assert metric(service, "event_bytes_total", channel="odds", form="plain") > 5_000
            assert metric(service, "observation_age_seconds", book="Book") < 30

    asyncio.run(scenario())


def test_counters_go_on_and_the_restart_is_told_when_a_worker_is_killed(service: Service) -> None:
    async def scenario() -> None:
        async with await Subscriber.join_at(service, "odds", service.pid("worker-1")) as subscriber:
            service.send([encode(game("g-dead")), *(encode(quote("g-dead", 101.0 + n)) for n in range(20))])
            await subscriber.until(lambda: len(subscriber.events) >= 20, "told of all prices")
            await eventually(lambda: metric(service, "sweep_seconds_count") > 0, "sweeps are told")
            delivered = metric(service, "deliveries_total")
            starts = metric(service, "process_starts_total", process="worker-1")
            await eventually(lambda: metric(service, "deliveries_total") >= max(delivered, 20), "deliveries are told")
            delivered = metric(service, "deliveries_total")
            await asyncio.to_thread(service.kill, "worker-1")
            await eventually(
                lambda: metric(service, "process_starts_total", process="worker-1") == starts + 1, "the start is told"
            )
            assert metric(service, "deliveries_total") >= delivered

    asyncio.run(scenario())


def test_a_frozen_broker_is_told_and_so_is_its_return(service: Service) -> None:
    os.kill(service.pid("broker"), signal.SIGSTOP)
    before = len(service.pids("broker"))
    _, text = until(lambda: told if (told := line(service, "/health"))[0] == 503 else None, "the silence is told")
    assert text.startswith("the broker is silent")
    until(lambda: len(service.pids("broker")) > before, "the broker is replaced")
    until(lambda: line(service, "/health")[0] == 200, "the return is told")
    until(lambda: metric(service, "up") == 1, "Prometheus is told")


def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(service: Service) -> None:
    reply = fetch(service, "/")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    again = fetch(service, "/", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert fetch(service, "/../app.py").status == 404
    assert fetch(service, "/config.json").json == {"ws_port": service.port, "tls": False, "admin": True}


def tops(reply: Reply) -> list[int]:
    """The conn_ids of an answer."""
    assert reply.status == 200, reply.text
    assert reply.json["count"] == len(reply.json["subscribers"])
    return [each["conn_id"] for each in reply.json["subscribers"]]


def test_connections_that_ask_nothing_are_in_nobodys_way(service: Service) -> None:
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", service.http_port), timeout=DEADLINE_SECONDS))
            for _ in range(CONNECTIONS + 88)
        ]
        for local in (False, True):
            assert fetch(service, "/health", local=local).status == 200
        # The first ones have given way.
        assert idle[0].recv(1) == b""


def acknowledged(reply: Reply, bytes_: int) -> Reply | None:
    """The answer, once the first in it is seen to have taken that many bytes."""
    return reply if reply.json["subscribers"][0]["bytes"] > bytes_ else None


def test_operators_see_the_top_subscribers_and_close_one(service: Service) -> None:
    async def scenario() -> None:
        workers = {pid: f"worker-{number}" for number, pid in enumerate(service.workers, 1)}
        async with (
            await Subscriber.join_at(service, "odds", service.workers[0]) as one,
            await Subscriber.join_at(service, "live", service.workers[1]) as other,
        ):
            service.send([encode(game("g-top")), *(encode(quote("g-top", 101.0 + n)) for n in range(20))])
            await one.until(lambda: len(one.events) > 20, "told of the game and all prices")
            ids = [each.welcome["conn_id"] for each in (one, other)]
            frames = sum(len(text_frame(frame.encode())) for frame in one.frames)
            by_bytes = "/admin/subscribers?by=bytes"
            reply = await eventually(
                lambda: acknowledged(fetch(service, by_bytes, headers=OPERATOR), frames), "all is acknowledged"
            )
            assert tops(reply)[:2] == tops(fetch(service, by_bytes, local=True))[:2] == ids
            first, second = reply.json["subscribers"][:2]
            assert (first["channel"], first["key_id"], first["on_lag"]) == ("odds", service.key_id(service.key), "drop")
            assert (first["address"], first["lag"], first["stalled"]) == ("127.0.0.1", 0, False)
            assert [first["worker"], second["worker"]] == list(workers.values())
            # And the answer to its handshake.
            assert frames < first["bytes"] < frames + 1_000
            limited = await asyncio.to_thread(fetch, service, "/admin/subscribers?limit=1", headers=OPERATOR)
            assert len(tops(limited)) == 1
            target = f"/admin/subscribers/{ids[1]}/close"
            closed = await asyncio.to_thread(fetch, service, target, "POST", OPERATOR)
            assert (closed.status, closed.json) == (200, {"conn_id": ids[1], "closed": True})
            assert await other.until_closed() == (BY_OPERATOR.code, BY_OPERATOR.reason)
            assert one.is_open
            assert (await asyncio.to_thread(fetch, service, target, "POST", local=True)).status == 404

    asyncio.run(scenario())


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nobody_is_an_operator(service: Service, headers: dict[str, str]) -> None:
    for method, target in (("GET", "/admin/subscribers"), ("POST", "/admin/subscribers/1/close")):
        assert fetch(service, target, method, headers).status == 401
    assert TOKEN not in service.log_file.read_text()


@pytest.mark.parametrize("query", ["by=age", "limit=0", "limit=x", "limit=1001"])
def test_bad_parameters_of_operators_are_named(service: Service, query: str) -> None:
    reply = fetch(service, f"/admin/subscribers?{query}", headers=OPERATOR)
    assert reply.status == 400
    assert query.partition("=")[0] in reply.json["error"]


def test_without_a_token_admin_is_on_the_local_socket_only() -> None:
    with running(workers=1) as service:
        assert fetch(service, "/admin/subscribers").status == 404
        assert fetch(service, "/admin/subscribers", local=True).json == {"count": 0, "subscribers": []}
        assert (service.runtime_dir / "admin.sock").stat().st_mode & 0o777 == 0o600


def test_while_the_service_ends_it_is_well_but_not_ready() -> None:
    async def scenario(service: Service) -> None:
        async with await Subscriber.join(service, "odds") as subscriber:
            # A client that doesn't answer the close frame is waited for.
            subscriber.stop_reading()
            assert service.process
            service.process.send_signal(signal.SIGTERM)
            await eventually(lambda: line(service, "/readyz") == (503, "the service ends"), "it is not ready any more")
            assert fetch(service, "/metrics").status == 200
            subscriber.read_on()

    with running(workers=1, drain_seconds=10) as service:
        asyncio.run(scenario(service))


def test_a_service_whose_http_cannot_start_serves_subscribers_all_the_same() -> None:
    with TemporaryDirectory(prefix="relay-") as root, Service(Path(root), workers=1) as service:
        os.kill(service.pid("http"), signal.SIGSTOP)
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # Killed for its silence; its successors find the address taken.
            os.kill(service.pid("http"), signal.SIGKILL)
            until(lambda: _bind(taken, service.http_port), "the port is free")
            taken.listen()
            until(lambda: len(service.logged("can't serve HTTP")) >= 2, "it is tried again and again")

            async def scenario() -> None:
                async with await Subscriber.join(service, "odds") as subscriber:
                    service.send([encode(game("g-on"))])
                    await subscriber.until(lambda: subscriber.events, "told of the game")

            asyncio.run(scenario())
        until(lambda: line(service, "/health")[0] == 200, "it is back once the address is free", 60)


def _bind(listener: socket.socket, port: int) -> bool:
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_a_taken_port_is_told_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = start_in_vain(http_port=port)
        assert f"can't listen on 127.0.0.1:{port}: another program listens there" in told


def test_a_token_that_cannot_be_read_is_told_at_the_start() -> None:
    told = start_in_vain(admin_token="/nowhere/token")
    assert "can't read the operator's token in /nowhere/token" in told


def test_requests_leave_no_key_in_the_log(service: Service) -> None:
    fetch(service, f"/v1/games/live?key={service.key}")
    ask(service, "/v1/games/nope")
    assert service.key not in service.log_file.read_text()
