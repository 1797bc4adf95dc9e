"""Every refusal says in JSON what is wrong and what to do."""

from http import HTTPStatus

import pytest
from msgspec import json

from workers.refusals import (
    CROWDED_OUT,
    NO_ANSWER,
    RESTARTING,
    RETRY_CAP_SECONDS,
    RETRY_KEY_LIMIT_SECONDS,
    RETRY_NO_ANSWER_SECONDS,
    RETRY_RESTART_SECONDS,
    TOO_LARGE,
    TOO_SLOW,
    UNREADABLE,
    Refusal,
    address_handshakes_reached,
    address_seats_reached,
    cap_reached,
    key_limit_reached,
    wrong_keys_reached,
)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (cap_reached(20_000), 503),
        (key_limit_reached(5), 429),
        (NO_ANSWER, 503),
        (UNREADABLE, 400),
        (RESTARTING, 503),
        (CROWDED_OUT, 503),
        (TOO_SLOW, 408),
        (TOO_LARGE, 431),
        (address_handshakes_reached(3), 429),
        (address_seats_reached(3), 429),
        (wrong_keys_reached(3), 429),
        (Refusal(HTTPStatus.NOT_FOUND, "path", "ü"), 404),
    ],
)
def test_the_body_is_json_with_its_length_and_type(refusal: Refusal, status: int) -> None:
    response = refusal.response()
    assert (response.status_code, response.reason_phrase) == (status, HTTPStatus(status).phrase)
    assert json.decode(response.body or b"") == {"error": refusal.error}
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(response.body or b""))
    assert response.headers["Connection"] == "close"
    assert response.serialize().startswith(b"HTTP/1.1 %d " % status)


def test_its_own_headers_are_added() -> None:
    response = Refusal(HTTPStatus.UNAUTHORIZED, "key", "no key", (("WWW-Authenticate", "Bearer"),)).response()
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_limit_is_named_and_when_to_try_again() -> None:
    assert "all 20000 seats are taken" in cap_reached(20_000).error
    assert cap_reached(1).response().headers["Retry-After"] == str(RETRY_CAP_SECONDS)
    assert "limit of 5 simultaneous connections" in key_limit_reached(5).error
    assert key_limit_reached(5).response().headers["Retry-After"] == str(RETRY_KEY_LIMIT_SECONDS)
    assert RESTARTING.response().headers["Retry-After"] == str(RETRY_RESTART_SECONDS)


def test_a_broker_that_is_away_is_not_called_a_full_house() -> None:
    assert "doesn't answer" in NO_ANSWER.error
    assert NO_ANSWER.response().headers["Retry-After"] == str(RETRY_NO_ANSWER_SECONDS)


def test_whoever_may_come_again_is_told_when() -> None:
    for refusal in (CROWDED_OUT, address_handshakes_reached(3), address_seats_reached(3), wrong_keys_reached(3)):
        assert int(refusal.response().headers["Retry-After"]) > 0
