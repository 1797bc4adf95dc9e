"""Commits made by hand, for tests without a service."""

from broker.frames import text_frame
from broker.messages import Commit, Entry
from soak.emitted import Emitted

GAME = "a-game"


def event(number: int) -> bytes:
    """An event like no other."""
    return b'{"type":"price_change","number":%d}' % number


def snapshot(number: int) -> bytes:
    """What is sent to who joins after so many commits."""
    games = f'{{"number":{number}}}' if number else ""
    return f'{{"type":"snapshot","channel":"odds","ts":1,"count":{1 if number else 0},"games":[{games}]}}'.encode()


def lagged(dropped: int) -> bytes:
    """What is sent to who has lost events and wants to know."""
    return b'{"type":"lagged","dropped":%d,"ts":1}' % dropped


def commit(number: int, *, for_live: bool = False) -> Commit:
    """One event that is known on one channel or both, and a game whose snapshot tells the commit."""
    entry = Entry((text_frame(event(number)),), for_live, GAME, b'{"number":%d}' % number)
    return Commit(number, number, (entry,))


def emitted(count: int) -> Emitted:
    """A sequence of so many commits with one event each."""
    sequence = Emitted()
    sequence.extend(commit(number) for number in range(1, count + 1))
    return sequence
