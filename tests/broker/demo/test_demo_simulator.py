"""The simulated board, over twenty minutes that pass at once."""

import re
from statistics import mean, median

import pytest
from demo_board import MINUTES, SEED, START_MS, Board, played
from msgspec import json

from broker.demo.simulator import Simulator
from broker.games import Game
from broker.observations import GameSeen, Observation, Quote, parse

HOUR_MS = 3_600_000
ANSWER_MS = 1_100
"""All books have answered a score by then."""
PERIODS = ("Q1", "Q2", "Q3", "Q4", "P1", "P2", "P3", "OT", *(f"OT{number}" for number in range(2, 9)), "SO")


@pytest.fixture(scope="module")
def board() -> Board:
    return played()


def feed(seed: int, start_ms: int = START_MS, ticks: int = 400) -> list[list[Observation]]:
    simulator = Simulator(seed, start_ms)
    return [simulator.advance(start_ms + 50 * tick) for tick in range(ticks)]


def game_ids(batches: list[list[Observation]]) -> set[str]:
    return {seen.game.game_id for batch in batches for seen in batch if isinstance(seen, GameSeen)}


def test_the_same_seed_and_times_give_the_same_observations() -> None:
    assert feed(SEED) == feed(SEED)
    assert feed(SEED) != feed(SEED + 1)


def test_a_feed_that_starts_again_goes_on_with_the_same_games() -> None:
    first, second = game_ids(feed(SEED)), game_ids(feed(SEED, START_MS + 30_000))
    assert len(first & second) >= len(first) - 2


def test_a_clock_that_goes_back_changes_nothing() -> None:
    simulator = Simulator(SEED, START_MS)
    simulator.advance(START_MS + 60_000)
    assert simulator.advance(START_MS + 60_000) == []
    assert simulator.advance(START_MS) == []


def test_games_of_before_a_long_pause_are_over_after_it() -> None:
    simulator = Simulator(SEED, START_MS)
    on = {seen.game.game_id for seen in simulator.advance(START_MS) if isinstance(seen, GameSeen)}
    after = simulator.advance(START_MS + 3 * HOUR_MS)
    statuses = {seen.game.game_id: seen.game.status for seen in after if isinstance(seen, GameSeen)}
    assert {statuses.pop(game_id) for game_id in on} == {"final"}
    assert 10 <= len(statuses) <= 16
    assert "final" not in statuses.values()


def test_every_observation_is_taken_as_it_was_meant(board: Board) -> None:
    taken = [one for observation in board.observations for one in parse(json.encode(observation))]
    assert taken == board.observations


def test_four_sports_twenty_books_and_six_kinds_of_bets_a_game(board: Board) -> None:
    quotes = [each for each in board.observations if isinstance(each, Quote)]
    assert len({quote.book for quote in quotes}) == 20
    assert {games[0].sport_category for games in board.games.values()} == {
        "football",
        "basketball",
        "baseball",
        "hockey",
    }
    listed = [game_id for game_id, games in board.games.items() if games[0].status == "unplayed"]
    for game_id in listed:
        assert len({quote.pn_market_type for quote in quotes if quote.game_id == game_id}) == 6


def test_games_are_listed_start_score_end_and_are_followed_by_new_ones(board: Board) -> None:
    courses = [list(dict.fromkeys(game.status for game in games)) for games in board.games.values()]
    assert courses.count(["unplayed", "live", "final"]) >= 5
    assert all(course == ["unplayed", "live", "final"][-len(course) :] or "final" not in course for course in courses)
    assert board.live[0] >= 6
    assert len(board.scores) > 100


def test_a_dozen_games_are_on_the_board_at_each_moment(board: Board) -> None:
    assert min(board.on_board) >= 10
    assert max(board.on_board) <= 15
    assert 11 <= mean(board.on_board) <= 13
    assert min(board.live) >= 8


def test_ids_slugs_and_dates_belong_together(board: Board) -> None:
    assert len(board.games) >= 20
    for game_id, games in board.games.items():
        game = games[0]
        day = (game.start_date or "")[:10]
        assert re.fullmatch(rf"\d{{5}}-\d{{5}}-{day}", game_id)
        assert game.pn_slug == "-".join(
            (
                game.pn_league_code or "",
                game.away_team.abbreviation_pn or "",
                game.home_team.abbreviation_pn or "",
                day,
            )
        )


def test_no_team_plays_two_games_at_once(board: Board) -> None:
    latest = [games[-1] for games in board.games.values()]
    playing = [
        (game.pn_league_code, team.name)
        for game in latest
        if game.status == "live"
        for team in (game.home_team, game.away_team)
    ]
    assert len(playing) == len(set(playing))


def test_only_games_under_an_open_sky_have_weather(board: Board) -> None:
    for games in board.games.values():
        outdoor = games[0].sport_category in ("football", "baseball")
        assert (games[0].scores.weather is not None) == outdoor


def test_scores_periods_and_clocks_never_go_backwards(board: Board) -> None:
    for games in board.games.values():
        frames = [progress(game) for game in games if game.status != "unplayed"]
        assert frames == sorted(frames)
        for side in ("score_home", "score_away"):
            points = [getattr(game.scores, side) for game in games]
            assert points == sorted(points)


def progress(game: Game) -> tuple[int, int]:
    """Period and game seconds gone by, as what can be compared."""
    scores = game.scores
    period = scores.period or ""
    if game.sport_category == "baseball":
        assert scores.clock is None
        return 2 * int(period[1:]) + "TB".index(period[0]), 0
    minutes, seconds = (scores.clock or "0:00").split(":")
    return PERIODS.index(period), -(60 * int(minutes) + int(seconds))


def test_100_to_300_prices_change_a_second_in_every_minute(board: Board) -> None:
    for minute in range(MINUTES):
        assert 100 <= sum(board.changes[60 * minute + second] for second in range(60)) / 60 <= 300


def test_prices_come_in_bursts_after_scores(board: Board) -> None:
    usual = median(board.changes[second] for second in range(60 * MINUTES))
    after = [board.changes[score.at_ms // 1000] + board.changes[score.at_ms // 1000 + 1] for score in board.scores]
    assert mean(after) / 2 > 1.5 * usual


def test_all_books_answer_a_score_in_about_a_second_each_in_its_time(board: Board) -> None:
    answered, delays = [], set()
    for score in board.scores:
        for book in score.books:
            acts = [at_ms - score.at_ms for at_ms in board.acts[score.game_id, book] if at_ms > score.at_ms]
            answered.append(bool(acts) and acts[0] <= ANSWER_MS)
            delays.add(acts[0] if acts else None)
    # A book whose bets are suspended, or at the end of what a book quotes at all, has nothing to say.
    assert mean(answered) > 0.97
    assert len(delays) > 10
