"""Prices of the simulated books."""

import math

import pytest
from demo_board import Board, pairs, played

from broker.demo.odds import chance_above, price
from broker.observations import GameSeen, Pull, Quote


@pytest.fixture(scope="module")
def board() -> Board:
    return played()


def implied(american: float) -> float:
    """The probability at which a bet breaks even."""
    return 100 / (100 + american) if american > 0 else american / (american - 100)


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("percent", range(0, 101, 5))
def test_a_price_is_american_and_bears_the_margin(percent: int, step: int) -> None:
    both = price(percent / 100, 0.045, step), price(1 - percent / 100, 0.045, step)
    assert all(abs(each) >= 100 for each in both)
    assert 1.03 < sum(map(implied, both)) < 1.06


def test_the_likelier_side_pays_less() -> None:
    assert price(0.7, 0.045, 5) < 0 < price(0.3, 0.045, 5)


def test_chances_on_both_sides_of_a_line_make_one() -> None:
    assert chance_above(0, 0, 3) == 0.5
    assert chance_above(3.5, 2, 4) + chance_above(-3.5, -2, 4) == pytest.approx(1)


def test_all_quotes_are_american_odds(board: Board) -> None:
    for quote in board.observations:
        if isinstance(quote, Quote):
            assert math.isfinite(quote.price)
            assert abs(quote.price) >= 100


def test_every_bet_has_two_sides_that_leave_the_book_a_margin(board: Board) -> None:
    assert board.samples
    for prices in board.samples:
        for both in pairs(prices):
            assert len(both) == 2
            assert 1.0 < sum(map(implied, both)) < 1.12


def test_lines_are_half_points(board: Board) -> None:
    for quote in board.observations:
        if isinstance(quote, Quote) and quote.points is not None:
            assert quote.points % 1 == 0.5


def test_the_leader_late_in_a_game_is_the_favourite(board: Board) -> None:
    for games in board.games.values():
        late = games[-1]
        if late.status != "live" or late.scores.period not in ("Q4", "P3", "T9", "B9"):
            continue
        margin = (late.scores.score_home or 0) - (late.scores.score_away or 0)
        quoted = [
            american
            for (game_id, market, _, outcome, _), american in board.prices.items()
            if (game_id, market, outcome) == (late.game_id, "moneyline", late.home_team.name)
        ]
        if abs(margin) >= 7:
            assert all((american < 0) == (margin > 0) for american in quoted)


def test_a_suspended_book_quotes_again_within_seconds(board: Board) -> None:
    final_ts = {
        seen.game.game_id: seen.ts
        for seen in board.observations
        if isinstance(seen, GameSeen) and seen.game.status == "final"
    }
    pulled: dict[tuple[str, str, str], int] = {}
    pauses = []
    for each in board.observations:
        if isinstance(each, GameSeen) or each.pn_market_type != "moneyline" or each.game_id in final_ts:
            continue
        identity, ts = (each.game_id, each.book, each.outcome), each.ts or 0
        if isinstance(each, Pull):
            pulled[identity] = ts
        elif identity in pulled:
            pauses.append(ts - pulled.pop(identity))
    assert len(pauses) > 50
    assert min(pauses) >= 1_000
    assert max(pauses) <= 5_000


def test_a_line_that_moves_is_pulled_when_the_new_one_comes(board: Board) -> None:
    moved = {(pull.ts, pull.game_id, pull.book, pull.outcome) for pull in board.observations if isinstance(pull, Pull)}
    assert any(
        isinstance(quote, Quote)
        and quote.pn_market_type == "spreads"
        and (quote.ts, quote.game_id, quote.book, quote.outcome) in moved
        for quote in board.observations
    )


def test_nothing_is_quoted_of_a_finished_game(board: Board) -> None:
    finished = {game_id for game_id, games in board.games.items() if games[-1].status == "final"}
    # Those that ended just before the simulated time did are still being closed.
    closed = {game_id for game_id in finished if game_id not in {identity[0] for identity in board.prices}}
    assert len(closed) >= len(finished) - 1 > 5
