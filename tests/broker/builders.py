"""Observations for tests, with every field that a test doesn't care about filled in."""

from collections.abc import Sequence

import structlog
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from broker.games import Game, Scores, Status, Team
from broker.observations import GameSeen, Observation, Pull, Quote, Rejection
from broker.outage import Outage

NOW_MS = 1_760_000_000_000
HOUR_MS = 3_600_000

GAME_IDS = ("g1", "g2", "g3")


def team(name: str) -> Team:
    return Team(name=name, city=None, mascot=None, abbreviation_pn=None, logo=None)


def game(
    game_id: str = "g1",
    status: Status = "unplayed",
    home: int | None = None,
    away: int | None = None,
    period: str | None = None,
    clock: str | None = None,
    is_live: bool | None = None,
    last_play: str | None = None,
) -> Game:
    """A game; it is live when its status says so, unless told otherwise."""
    scores = Scores(
        status=None,
        score_home=home,
        score_away=away,
        period=period,
        clock=clock,
        is_live=status == "live" if is_live is None else is_live,
        last_play=last_play,
        current_down_and_distance=None,
        weather=None,
        weather_temp=None,
        weather_temp_high=None,
        home_starter=None,
        away_starter=None,
    )
    return Game(
        game_id=game_id,
        pn_slug=f"slug-{game_id}",
        pn_league_code="NFL",
        sport_category="football",
        start_date="2025-10-12T17:00:00Z",
        status=status,
        venue=None,
        broadcast=None,
        home_team=team("home"),
        away_team=team("away"),
        scores=scores,
    )


def seen(of: Game, ts: int | None = None) -> GameSeen:
    return GameSeen(of, ts)


def quote(
    price: float,
    game_id: str = "g1",
    outcome: str = "Broncos",
    points: float | None = None,
    book: str = "BetMGM",
    player_id: str | None = None,
    ts: int | None = None,
) -> Quote:
    return Quote(game_id, "moneyline", book, outcome, price, points, player_id, ts)


def pull(
    game_id: str = "g1",
    outcome: str = "Broncos",
    points: float | None = None,
    book: str = "BetMGM",
    ts: int | None = None,
) -> Pull:
    return Pull(game_id, "moneyline", book, outcome, points, ts)


def payload(observations: Sequence[Observation]) -> bytes:
    """A batch as a producer sends it."""
    return b"\n".join(json.encode(observation) for observation in observations)


def sendable(batch: list[Observation | Rejection]) -> bytes:
    """As a payload; what JSON has no number for is left out by the encoder as null, and so rejected."""
    return b"\n".join(b"nonsense" if isinstance(item, Rejection) else json.encode(item) for item in batch)


def outage() -> Outage:
    """For a relay whose outages don't matter."""
    return Outage("failing", "mended", structlog.get_logger(), lambda: 0.0)


games = st.builds(
    game,
    game_id=st.sampled_from(GAME_IDS),
    status=st.sampled_from(("unplayed", "live", "final", "ended")),
    home=st.sampled_from((None, 0, 7)),
    clock=st.sampled_from((None, "1:00")),
    is_live=st.sampled_from((None, True, False)),
    last_play=st.sampled_from((None, "punt")),
)
quotes = st.builds(
    quote,
    price=st.sampled_from((-110.0, 100.0, 275.0, 99.0, float("nan"), float("inf"))),
    game_id=st.sampled_from((*GAME_IDS, "unknown")),
    outcome=st.sampled_from(("Broncos", "Jets")),
    points=st.sampled_from((None, 0.0, -0.0, -2.5)),
    player_id=st.sampled_from((None, "p1")),
)
pulls = st.builds(
    pull,
    game_id=st.sampled_from((*GAME_IDS, "unknown")),
    outcome=st.sampled_from(("Broncos", "Jets")),
    points=st.sampled_from((None, 0.0, -0.0, -2.5)),
)
timestamps = st.sampled_from((None, 0, NOW_MS))


def _stamped(observation: Observation, ts: int | None) -> Observation:
    return replace(observation, ts=ts)


observations: st.SearchStrategy[Observation] = st.builds(_stamped, games.map(seen) | quotes | pulls, timestamps)


def _with_rejections(items: list[Observation | None]) -> list[Observation | Rejection]:
    return [Rejection(index, "unreadable") if item is None else item for index, item in enumerate(items)]


batches: st.SearchStrategy[list[Observation | Rejection]] = st.lists(observations | st.none(), max_size=8).map(
    _with_rejections
)
