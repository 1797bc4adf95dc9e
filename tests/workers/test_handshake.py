"""Every verdict on a handshake, and which comes first when several things are wrong."""

from collections.abc import Container, Mapping

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

from broker.key_format import digest
from broker.messages import KeyRecord
from workers.handshake import Accepted, judge
from workers.keyring import Keyring
from workers.permessage_deflate import SharedDeflateFactory
from workers.refusals import Refusal

NOW_MS = 1_760_000_000_000
KEY = "pn_live_" + "a" * 32
LIVE_ONLY = "pn_live_" + "b" * 32
EXPIRED = "pn_live_" + "c" * 32
UNKNOWN = "pn_live_" + "d" * 32
UPGRADE = {
    "Host": "relay",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
RECORDS = {
    KEY: KeyRecord("good", digest(KEY), ("live", "odds"), None, None),
    LIVE_ONLY: KeyRecord("live only", digest(LIVE_ONLY), ("live",), NOW_MS + 1, None),
    EXPIRED: KeyRecord("expired", digest(EXPIRED), ("live", "odds"), NOW_MS, None),
}


def ask(
    path: str,
    headers: Mapping[str, str] = UPGRADE,
    method: str = "GET",
    more: tuple[tuple[str, str], ...] = (),
    origins: Container[str] | None = None,
) -> Accepted | Refusal:
    keyring = Keyring()
    keyring.replace(RECORDS.values())
    request = Request(path, Headers([*headers.items(), *more]), method)
    return judge(ServerProtocol(extensions=[SharedDeflateFactory()]), request, keyring, origins, NOW_MS)


def refused(verdict: Accepted | Refusal, status: int) -> Refusal:
    assert isinstance(verdict, Refusal)
    assert verdict.status == status
    return verdict


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in UPGRADE.items() if key != name}


@pytest.mark.parametrize(("offer", "window_bits"), [("permessage-deflate", 15), ("", None), ("x-other", None)])
def test_what_is_agreed_to_is_known_and_an_empty_offer_is_none(offer: str, window_bits: int | None) -> None:
    verdict = ask(f"/ws/live?key={KEY}", more=(("Sec-WebSocket-Extensions", offer),))
    assert isinstance(verdict, Accepted)
    assert verdict.window_bits == window_bits
    assert ("Sec-WebSocket-Extensions" in verdict.response.headers) == (window_bits is not None)


def test_an_unreadable_offer_is_a_bad_request() -> None:
    refused(ask(f"/ws/live?key={KEY}", more=(("Sec-WebSocket-Extensions", "a b"),)), 400)


@pytest.mark.parametrize("channel", ["live", "odds"])
def test_a_good_handshake_is_accepted(channel: str) -> None:
    verdict = ask(f"/ws/{channel}?key={KEY}")
    assert isinstance(verdict, Accepted)
    assert (verdict.channel, verdict.key, verdict.on_lag) == (channel, RECORDS[KEY], "drop")
    assert verdict.response.status_code == 101
    # The example of RFC 6455, 1.3.
    assert verdict.response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_key_may_come_in_a_header(scheme: str) -> None:
    assert isinstance(ask("/ws/live", {**UPGRADE, "Authorization": f"{scheme} {KEY}"}), Accepted)


def test_the_header_wins_over_the_query() -> None:
    assert isinstance(ask(f"/ws/live?key={UNKNOWN}", {**UPGRADE, "Authorization": f"Bearer {KEY}"}), Accepted)
    refused(ask(f"/ws/live?key={KEY}", {**UPGRADE, "Authorization": f"Bearer {UNKNOWN}"}), 401)
    refused(ask(f"/ws/live?key={KEY}", {**UPGRADE, "Authorization": "Basic abc"}), 401)


def test_two_authorizations_are_none() -> None:
    twice = (("Authorization", f"Bearer {KEY}"), ("Authorization", f"Bearer {KEY}"))
    refused(ask(f"/ws/live?key={KEY}", more=twice), 401)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", "no key; add"),
        ("?key=", "no key; add"),
        ("?key=nonsense", "malformed, unknown, expired or revoked"),
        (f"?key={UNKNOWN}", "malformed, unknown, expired or revoked"),
        (f"?key={EXPIRED}", "malformed, unknown, expired or revoked"),
        (f"?key={KEY}%0A", "malformed, unknown, expired or revoked"),
        ("?key=%FF%FE" + KEY, "malformed, unknown, expired or revoked"),
    ],
)
def test_a_key_that_is_not_good_is_401_and_says_how(query: str, error: str) -> None:
    refusal = refused(ask(f"/ws/live{query}"), 401)
    assert error in refusal.error
    assert refusal.headers == (("WWW-Authenticate", "Bearer"),)


def test_a_key_opens_only_its_own_channels() -> None:
    assert isinstance(ask(f"/ws/live?key={LIVE_ONLY}"), Accepted)
    assert "is for /ws/live only" in refused(ask(f"/ws/odds?key={LIVE_ONLY}"), 403).error


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/", "/ws/live/", "/ws/LIVE", "/ws/scores", "//ws/live", "*"])
def test_another_path_is_404_and_names_the_right_ones(path: str) -> None:
    assert "/ws/live or /ws/odds" in refused(ask(f"{path}?key={KEY}"), 404).error


@pytest.mark.parametrize(
    ("origins", "sent", "is_let_in"),
    [
        (None, ("https://anybody.example",), True),
        ({"https://ours.example"}, ("https://ours.example",), True),
        ({"https://ours.example"}, (), True),
        ({"https://ours.example"}, ("https://anybody.example",), False),
        ({"https://ours.example"}, ("https://ours.example.evil.example",), False),
        ({"https://ours.example"}, ("null",), False),
    ],
)
def test_pages_of_other_origins_are_403(origins: set[str] | None, sent: tuple[str, ...], is_let_in: bool) -> None:
    verdict = ask(f"/ws/live?key={KEY}", more=tuple(("Origin", origin) for origin in sent), origins=origins)
    if is_let_in:
        assert isinstance(verdict, Accepted)
    else:
        assert refused(verdict, 403).label == "origin"


def test_another_method_is_405_and_names_the_right_one() -> None:
    refusal = refused(ask(f"/ws/live?key={KEY}", method="POST"), 405)
    assert refusal.headers == (("Allow", "GET"),)


@pytest.mark.parametrize("missing", ["Connection", "Upgrade"])
def test_a_plain_request_is_426_and_names_the_protocol(missing: str) -> None:
    refusal = refused(ask(f"/ws/live?key={KEY}", without(missing)), 426)
    assert refusal.headers == (("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    assert "use a WebSocket client" in refusal.error


def test_the_header_that_is_wrong_is_named() -> None:
    assert "the header Upgrade is missing" in refused(ask("/ws/live", without("Upgrade")), 426).error
    assert (
        "the header Sec-WebSocket-Key is wrong"
        in refused(ask("/ws/live", {**UPGRADE, "Sec-WebSocket-Key": "short"}), 400).error
    )


@pytest.mark.parametrize("name", [*UPGRADE, "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Origin", "method"])
@pytest.mark.parametrize("path", ["/ws/live", f"/{KEY}", f"/ws/live?on_lag={KEY}", f"/ws/live?key=x{KEY}"])
def test_a_key_in_a_wrong_place_is_not_repeated(name: str, path: str) -> None:
    method, headers = (KEY, UPGRADE) if name == "method" else ("GET", {**UPGRADE, name: KEY})
    verdict = ask(path, headers, method)
    assert isinstance(verdict, Refusal)
    assert KEY not in str(verdict.response())


@pytest.mark.parametrize(
    "headers",
    [
        without("Sec-WebSocket-Key"),
        without("Sec-WebSocket-Version"),
        {**UPGRADE, "Sec-WebSocket-Key": "short"},
        {**UPGRADE, "Sec-WebSocket-Version": "12"},
    ],
)
def test_a_bad_handshake_is_400(headers: dict[str, str]) -> None:
    refused(ask(f"/ws/live?key={KEY}", headers), 400)


@pytest.mark.parametrize("on_lag", ["drop", "notify", "resync", "close"])
def test_on_lag_is_the_client_s_choice(on_lag: str) -> None:
    verdict = ask(f"/ws/odds?on_lag={on_lag}&key={KEY}")
    assert isinstance(verdict, Accepted)
    assert verdict.on_lag == on_lag


@pytest.mark.parametrize("on_lag", ["", "Drop", "explode", "%00"])
def test_a_bad_value_is_400_and_names_the_parameter_and_what_is_allowed(on_lag: str) -> None:
    error = refused(ask(f"/ws/live?key={KEY}&on_lag={on_lag}"), 400).error
    assert "on_lag" in error
    assert "drop, notify, resync, close" in error


def test_an_unknown_parameter_is_ignored() -> None:
    assert isinstance(ask(f"/ws/live?sport=nfl&key={KEY}&&x"), Accepted)


def test_the_checks_come_in_the_contract_s_order() -> None:
    """Each request has one fault less than the one before."""
    statuses = []
    for path, headers, method in (
        ("/nowhere?on_lag=x", without("Upgrade"), "POST"),
        ("/ws/odds?on_lag=x", without("Upgrade"), "POST"),
        ("/ws/odds?on_lag=x", without("Upgrade"), "GET"),
        ("/ws/odds?on_lag=x", without("Sec-WebSocket-Key"), "GET"),
        ("/ws/odds?on_lag=x", UPGRADE, "GET"),
        ("/ws/odds", UPGRADE, "GET"),
        (f"/ws/odds?key={LIVE_ONLY}", UPGRADE, "GET"),
    ):
        verdict = ask(path, headers, method)
        assert isinstance(verdict, Refusal)
        statuses.append(verdict.status.value)
    assert statuses == [404, 405, 426, 400, 400, 401, 403]
