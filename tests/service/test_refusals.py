"""Handshakes that are refused: status, JSON body, headers, and which check comes first."""

import socket
from collections.abc import Iterator, Mapping

import pytest
from websockets.sync.client import connect

from service.requesting import HANDSHAKE, Answer, request
from service.running import Service, now_ms, running
from service.waiting import until

WELL_FORMED_KEY = "pn_live_" + "x" * 32
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as service:
        yield service


def without(*names: str, **others: str) -> dict[str, str]:
    """A handshake's headers without some of them, and with others."""
    return {name: value for name, value in HANDSHAKE.items() if name not in names} | others


def bearer(key: str) -> dict[str, str]:
    return {**HANDSHAKE, "Authorization": f"Bearer {key}"}


def assert_refused(answer: Answer, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    # It says what is wrong, and what to do.
    assert len(answer.error.split()) > 3


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/", "/ws/live/", "/ws/scores", "/WS/LIVE", "/favicon.ico"])
def test_an_unknown_path_is_404_and_names_the_known_ones(service: Service, path: str) -> None:
    answer = request(service.port, f"{path}?key={service.key}")
    assert_refused(answer, 404)
    assert "/ws/live" in answer.error
    assert "/ws/odds" in answer.error


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_another_method_than_get_is_405(service: Service, method: str) -> None:
    answer = request(service.port, f"/ws/live?key={service.key}", method=method)
    assert_refused(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("headers", [{}, without("Upgrade"), without("Upgrade", Upgrade="h2c")])
def test_a_plain_get_is_426_and_names_the_upgrade(service: Service, headers: Mapping[str, str]) -> None:
    answer = request(service.port, f"/ws/live?key={service.key}", headers)
    assert_refused(answer, 426)
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize(
    "headers",
    [
        without("Sec-WebSocket-Key"),
        {**HANDSHAKE, "Sec-WebSocket-Key": "short"},
        without("Sec-WebSocket-Version"),
    ],
)
def test_a_bad_handshake_is_400(service: Service, headers: Mapping[str, str]) -> None:
    assert_refused(request(service.port, f"/ws/live?key={service.key}", headers), 400)


def test_what_is_no_http_is_400(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as client:
        client.sendall(b"hello, are you there?\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error":"' in answer


@pytest.mark.parametrize("value", ["banana", "", "DROP"])
def test_a_bad_parameter_is_400_and_named_with_what_is_allowed(service: Service, value: str) -> None:
    answer = request(service.port, f"/ws/live?key={service.key}&on_lag={value}")
    assert_refused(answer, 400)
    assert "on_lag" in answer.error
    assert "drop" in answer.error


def test_an_unknown_parameter_is_ignored(service: Service) -> None:
    assert request(service.port, f"/ws/live?key={service.key}&color=blue&empty").status == 101


@pytest.mark.parametrize(
    "target", ["/ws/live", "/ws/live?key=", "/ws/live?key=secret", f"/ws/live?key={WELL_FORMED_KEY}"]
)
def test_no_malformed_and_unknown_keys_are_401(service: Service, target: str) -> None:
    answer = request(service.port, target)
    assert_refused(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_key_is_401(service: Service) -> None:
    expired = service.new_key(expires_at=now_ms() - MINUTE_MS)
    good = service.new_key()
    until(lambda: request(service.port, f"/ws/live?key={good}").status == 101, "the keys are known")
    assert_refused(request(service.port, f"/ws/live?key={expired}"), 401)


def test_the_header_wins_over_the_query(service: Service) -> None:
    assert request(service.port, "/ws/live", bearer(service.key)).status == 101
    assert request(service.port, f"/ws/live?key={WELL_FORMED_KEY}", bearer(service.key)).status == 101
    assert_refused(request(service.port, f"/ws/live?key={service.key}", bearer(WELL_FORMED_KEY)), 401)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic cG5fbGl2ZV86", WELL_FORMED_KEY])
def test_a_header_that_is_no_bearer_token_is_401(service: Service, authorization: str) -> None:
    headers = {**HANDSHAKE, "Authorization": authorization}
    assert_refused(request(service.port, f"/ws/live?key={service.key}", headers), 401)


def test_a_key_is_for_its_channels_only(service: Service) -> None:
    key = service.new_key(channels=("live",))
    until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key is known")
    assert_refused(request(service.port, f"/ws/odds?key={key}"), 403)


def test_each_check_comes_before_the_next_one() -> None:
    """One seat, taken, by a key with a limit of one: every check fails, and is mended in turn."""
    with running(cap=1) as service:
        limited = service.new_key(max_connections=1)
        with connect(service.url("live"), compression=None):
            until(lambda: request(service.port, f"/ws/live?key={limited}").status == 503, "the key is known")
        with connect(service.url("live", limited), compression=None):
            bad = f"key={WELL_FORMED_KEY}&on_lag=banana"
            target = f"/ws/live?{bad}"
            answers = [
                request(service.port, f"/ws/scores?{bad}", {}, "POST"),
                request(service.port, target, {}, "POST"),
                request(service.port, target, {}),
                request(service.port, target, without("Sec-WebSocket-Key")),
                request(service.port, target),
                request(service.port, f"/ws/live?key={WELL_FORMED_KEY}"),
                request(service.port, f"/ws/live?key={limited}"),
                request(service.port, f"/ws/live?key={service.key}"),
            ]
    assert [answer.status for answer in answers] == [404, 405, 426, 400, 400, 401, 429, 503]
    assert "on_lag" not in answers[3].error
    assert "on_lag" in answers[4].error
    for answer in answers:
        assert_refused(answer, answer.status)
    for full in answers[-2:]:
        assert int(full.headers["retry-after"]) > 0
    assert "limit of 1" in answers[-2].error
