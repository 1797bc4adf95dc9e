"""What a worker counts, as it reports it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from broker.messages import Counts
from workers.fanout import Fanout
from workers.subscriber import ON_LAG, OnLag


def counts(fanout: Fanout, refused: Mapping[str, int], closed: Mapping[str, int]) -> Counts:
    """Draw up the report.

    Args:
        fanout: of the worker.
        refused: handshakes turned away, by reason.
        closed: subscribers whose connection has ended, by why.
    """
    live, odds = fanout.sweeps["live"], fanout.sweeps["odds"]
    both = (live, odds)
    return Counts(
        live=len(live.members),
        odds=len(odds.members),
        delivered=sum(sweep.delivered for sweep in both),
        dropped=sum(sweep.dropped for sweep in both),
        overrun=sum(sweep.overrun for sweep in both),
        live_plain_bytes=live.plain_bytes,
        live_sent_bytes=live.sent_bytes,
        odds_plain_bytes=odds.plain_bytes,
        odds_sent_bytes=odds.sent_bytes,
        refused=dict(refused),
        closed=dict(closed),
        dropped_by=_by_mode([sweep.dropped_by for sweep in both]),
        waiting_by=_by_mode([sweep.waiting_by for sweep in both]),
        stalled=sum(sweep.stalled for sweep in both),
        sweeps=fanout.sweeping.timings,
        latency=fanout.latency.timings,
    )


def _by_mode(counts: Sequence[Counter[OnLag]]) -> dict[str, int]:
    """Of all streams together."""
    return {mode: sum(each[mode] for each in counts) for mode in ON_LAG}
