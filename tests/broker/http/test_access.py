"""Who may ask, and how often."""

from http import HTTPStatus

import pytest

from broker.http.access import BURST_SECONDS, Access, OperatorToken, given_key
from broker.http.problems import ProblemError
from broker.key_format import digest
from broker.messages import CHANNELS, Channel, KeyRecord
from workers.clock import Clock
from workers.keyring import Keyring

KEY = "pn_live_0123456789abcdef"
LIVE_KEY = "pn_live_live_only_0123456"
TOKEN = "sesame-open-sesame"


def access(requests_per_second: float = 10.0) -> Access:
    keyring = Keyring()
    keyring.replace([record("k1", KEY, CHANNELS, 1_000), record("k2", LIVE_KEY, ("live",), None)])
    return Access(keyring, requests_per_second)


def record(key_id: str, key: str, channels: tuple[Channel, ...], expires_at: int | None) -> KeyRecord:
    return KeyRecord(key_id, digest(key), channels, expires_at, None)


def refused(check: Access, key: str | None, needs: Channel | None = None, clock: Clock | None = None) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        check.check(key, needs, clock or Clock(0.0, 0))
    return caught.value


@pytest.mark.parametrize(
    ("authorization", "query", "key"),
    [
        (None, None, None),
        (None, "a", "a"),
        ("Bearer b", "a", "b"),
        ("bearer  b ", None, "b"),
        ("Basic b", "a", ""),
        ("", "a", ""),
    ],
)
def test_the_header_wins_over_the_query(authorization: str | None, query: str | None, key: str | None) -> None:
    assert given_key(authorization, query) == key


@pytest.mark.parametrize("key", [None, "", "nonsense", "pn_live_unknown_0123456789"])
def test_without_a_good_key_nobody_comes_in(key: str | None) -> None:
    problem = refused(access(), key)
    assert (problem.status, problem.headers) == (HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
    assert not key or key not in problem.error


def test_an_expired_key_is_none() -> None:
    check = access()
    check.check(KEY, None, Clock(0.0, 999))
    assert refused(check, KEY, clock=Clock(0.0, 1_000)).status == HTTPStatus.UNAUTHORIZED


def test_prices_need_a_key_that_is_for_prices() -> None:
    check = access()
    check.check(KEY, "odds", Clock(0.0, 0))
    check.check(LIVE_KEY, None, Clock(0.0, 0))
    assert refused(check, LIVE_KEY, "odds").status == HTTPStatus.FORBIDDEN


def test_each_key_has_its_own_pace_with_some_at_once() -> None:
    check = access(10.0)
    for _ in range(10 * BURST_SECONDS):
        check.check(KEY, None, Clock(0.0, 0))
    problem = refused(check, KEY)
    assert (problem.status, problem.headers) == (HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"})
    check.check(LIVE_KEY, None, Clock(0.0, 0))
    check.check(KEY, None, Clock(0.1, 0))
    assert refused(check, KEY, clock=Clock(0.1, 0)).status == HTTPStatus.TOO_MANY_REQUESTS


def test_a_slow_pace_tells_how_long_to_wait() -> None:
    check = access(0.25)
    check.check(KEY, None, Clock(0.0, 0))
    assert refused(check, KEY).headers == {"Retry-After": "4"}
    assert refused(check, KEY, clock=Clock(1.0, 0)).headers == {"Retry-After": "3"}


def test_the_operators_token_opens_and_nothing_else_does() -> None:
    token = OperatorToken(TOKEN)
    assert token.exists
    token.check(f"Bearer {TOKEN}")
    for given in (None, "", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"):
        with pytest.raises(ProblemError, match="token"):
            token.check(given)


def test_without_a_token_nothing_opens() -> None:
    token = OperatorToken(None)
    assert not token.exists
    for given in (None, "Bearer ", "Bearer None"):
        with pytest.raises(ProblemError):
            token.check(given)
