"""The table of operations: what a request may say."""

from http import HTTPStatus

import pytest
from builders import game
from mirrored import mirrored, price
from reported import report

from broker.http.operations import OPERATIONS, QUERY_LIMIT_CHARS, Asked, Operation
from broker.http.problems import ProblemError
from broker.http.shapes import Books, GameMarkets
from broker.http.standing import Standing

MIRROR = mirrored([game()], [price(-110.0)])
NOTHING = Standing(5, 0.0)


def operation(path: str) -> Operation:
    (found,) = (each for each in OPERATIONS if each.path == path)
    return found


def test_parameters_that_an_operation_has_not_are_ignored() -> None:
    assert operation("/v1/games/live").ask({}, {"key": "k", "live": "nonsense", "q": ""}) == Asked()


def test_lists_are_separated_by_commas_and_empty_ones_mean_all() -> None:
    asked = operation("/v1/games/{id}/markets").ask({"id": "g1"}, {"market": "spreads,totals,", "book": ""})
    assert asked == Asked(id="g1", market=frozenset({"spreads", "totals"}))


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_on_or_off(text: str, value: bool) -> None:
    assert operation("/v1/leagues/{code}/games").ask({"code": "nfl"}, {"live": text}).live is value


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * (QUERY_LIMIT_CHARS + 1)}, {"q": "x", "live": "yes"}])
def test_a_bad_parameter_is_named(query: dict[str, str]) -> None:
    with pytest.raises(ProblemError) as caught:
        operation("/v1/games/search").ask({}, query)
    assert caught.value.status == HTTPStatus.BAD_REQUEST
    assert ("live" if "live" in query else "q") in caught.value.error.split()[0 if query else 1]


def test_every_answer_is_of_the_type_that_is_promised() -> None:
    for each in OPERATIONS:
        answer = each.answer(MIRROR, NOTHING, Asked(id="g1", code="NFL", q="x"))
        assert type(answer) is each.response


@pytest.mark.parametrize("path", ["/v1/games/{id}", "/v1/games/{id}/markets", "/v1/games/{id}/scores"])
def test_an_unknown_game_is_not_found(path: str) -> None:
    with pytest.raises(ProblemError, match="'nope'") as caught:
        operation(path).answer(MIRROR, NOTHING, Asked(id="nope"))
    assert caught.value.status == HTTPStatus.NOT_FOUND


def test_what_shows_prices_needs_a_key_for_prices() -> None:
    assert {each.path for each in OPERATIONS if each.needs} == {
        each.path for each in OPERATIONS if each.response is GameMarkets
    }


def test_books_are_those_the_broker_has_seen() -> None:
    standing = Standing(5, 0.0)
    standing.take(report(book_ages={"FanDuel": 1.0, "BetMGM": 2.0}), 0.0)
    assert operation("/v1/books").answer(MIRROR, standing, Asked()) == Books(2, ("BetMGM", "FanDuel"))
    assert operation("/v1/books").answer(MIRROR, NOTHING, Asked()) == Books(0, ())
