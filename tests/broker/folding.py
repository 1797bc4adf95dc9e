"""A subscriber of tests: joins a real fan-out and folds snapshot and deltas by the contract's words alone."""

from wire import texts

from broker.events import GameFinal, NewGame, PriceChange, ScoreChange, StatusChange
from broker.games import Game
from broker.messages import Channel
from broker.state import OutcomeId, State
from broker.view import Message, Snapshot, decode
from workers.fanout import Fanout
from workers.subscriber import Subscriber

Score = tuple[int | None, int | None, str | None, str | None]


class Folder:
    """One subscriber, from its join on.

    Args:
        fanout: to be joined now.
        channel: what to receive.
    """

    def __init__(self, fanout: Fanout, channel: Channel) -> None:
        self.channel = channel
        self.statuses: dict[str, str] = {}
        self.scores: dict[str, Score] = {}
        self.prices: dict[OutcomeId, float] = {}
        self.deltas: list[Message] = []
        (snapshot,) = _decoded(fanout.snapshots.frame(channel, 0))
        assert isinstance(snapshot, Snapshot)
        assert snapshot.count == len(snapshot.games)
        self.snapshot: tuple[Game, ...] = snapshot.games
        for game in snapshot.games:
            self.statuses[game.game_id] = game.status
            self.scores[game.game_id] = _score(game)
        sweep = fanout.sweeps[channel]
        sweep.join(Subscriber(1, channel, sweep.stream.head, self))

    def assert_agrees(self, state: State) -> None:
        """What this subscriber knows of games and prices that are there is what the broker knows."""
        for game_id, known in state.games.items():
            assert self.statuses.get(game_id, known.game.status) == known.game.status
            assert self.scores.get(game_id, _score(known.game)) == _score(known.game)
            for outcome, price in state.prices(game_id).items():
                assert self.prices.get(outcome, price.price) == price.price

    def write(self, data: bytes) -> None:
        """Its socket, which takes everything."""
        for message in _decoded(data):
            self.deltas.append(message)
            self._fold(message)

    def get_write_buffer_size(self) -> int:
        """Nothing is ever left."""
        return 0

    def _fold(self, message: Message) -> None:
        match message:
            case NewGame(game_id=game_id):
                self.statuses[game_id] = "unplayed"
                self.scores.pop(game_id, None)
            case ScoreChange(game_id=game_id):
                score = (message.score_home, message.score_away, message.period, message.clock)
                assert self.scores.get(game_id) != score, "a score_change that changes nothing"
                self.scores[game_id] = score
            case StatusChange(game_id=game_id):
                assert self.statuses.get(game_id, message.old_status) == message.old_status
                assert message.old_status != message.new_status
                self.statuses[game_id] = message.new_status
            case GameFinal(game_id=game_id):
                assert self.statuses[game_id] in ("final", "ended")
                known = self.scores.get(game_id)
                assert known is None or known[:2] == (message.score_home, message.score_away)
            case PriceChange():
                assert self.channel == "odds"
                outcome = (message.game_id, message.pn_market_type, message.book, message.outcome, message.points)
                assert message.old_price in (None, self.prices.get(outcome, message.old_price))
                assert message.old_price != message.new_price
                self.prices[outcome] = message.new_price
            case _:
                raise AssertionError(f"{message} is no delta")


def _decoded(data: bytes) -> list[Message]:
    messages = [decode(text) for text in texts(data)]
    assert None not in messages
    return [message for message in messages if message is not None]


def _score(game: Game) -> Score:
    scores = game.scores
    return (scores.score_home, scores.score_away, scores.period, scores.clock)
