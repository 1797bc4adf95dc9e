"""The demo feed's process: `python -m broker.demo`, started by the supervisor."""

import os
import select
import signal
import sys
import time
from collections.abc import Sequence

from msgspec import json
from structlog.typing import FilteringBoundLogger

from broker import leash, logs
from broker.demo.simulator import Simulator
from broker.observations import Observation
from broker.outage import Outage
from broker.producer import BrokerUnreachableError, Producer

SEED = 20_251_012
"""Always the same, so that what is seen once can be seen again."""
TICK_SECONDS = 0.025
"""Short, so that events come spread over a second as they do from real books."""


def run(orders: leash.Orders) -> int:
    """Feed the broker until told to stop.

    Returns:
        The exit code.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    log = logs.configure(orders.settings.log_format, orders.name)
    outage = Outage("a batch isn't taken, it is sent again and again", "batches are taken again", log, time.monotonic)

    def retrying(problem: str) -> None:
        outage.failed(problem)
        _rest(0)

    try:
        with Producer(orders.settings.ingest_endpoint, on_retry=retrying) as producer:
            _feed(Simulator(SEED, _now_ms()), producer, outage, log)
    except BrokerUnreachableError as error:
        log.error(str(error))
        return 1
    return 0


def _feed(simulator: Simulator, producer: Producer, outage: Outage, log: FilteringBoundLogger) -> None:
    """Send what changes, tick by tick; ends by `SystemExit` only."""
    _send(simulator.advance(_now_ms()), producer, log)
    leash.say_ready()
    due = time.monotonic()
    while True:
        # After a wait for the broker the next tick makes up for all that were missed.
        due = max(due + TICK_SECONDS, time.monotonic())
        _rest(due - time.monotonic())
        if observations := simulator.advance(_now_ms()):
            _send(observations, producer, log)
            outage.worked()


def _send(observations: Sequence[Observation], producer: Producer, log: FilteringBoundLogger) -> None:
    receipt = producer.send([json.encode(observation) for observation in observations])
    for rejection in receipt.rejected:
        log.warning("rejected", error=rejection.error, observation=str(observations[rejection.index]))


def _rest(seconds: float) -> None:
    """Wait, and end if the supervisor, at the other end of standard input, is gone."""
    stdin = sys.stdin.fileno()
    readable, _, _ = select.select([stdin], [], [], max(0.0, seconds))
    if readable and not os.read(stdin, 64):
        raise SystemExit(0)


def _end(_number: int, _frame: object) -> None:
    """End wherever we are, be it in a wait for the broker."""
    raise SystemExit(0)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    raise SystemExit(run(leash.read_orders()))
