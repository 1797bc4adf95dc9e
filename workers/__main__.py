"""The worker process: `python -m workers`, started by the supervisor."""

import asyncio
import signal
from functools import partial

import uvloop

from broker import leash, logs
from broker.settings import SettingsError
from workers.worker import Stop, Worker


async def run(orders: leash.Orders) -> int:
    """Serve until told to stop.

    Returns:
        The exit code.
    """
    loop = asyncio.get_running_loop()
    log = logs.configure(orders.settings.log_format, orders.name)
    stop = Stop()
    loop.add_signal_handler(signal.SIGTERM, stop.within, orders.settings.drain_seconds)
    # Nobody else is to sit where these subscribers still sit: with a new supervisor comes a new ledger of seats.
    leash.on_supervisor_gone(loop, partial(stop.within, 0.0))
    try:
        worker = Worker(loop, orders.settings, orders.name, log)
        leash.pulsate(loop, worker.pulse)
        await worker.serve(leash.say_ready, stop)
    except SettingsError as error:
        log.error(str(error))
        return 1
    except OSError as error:
        log.error("can't listen", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(uvloop.run(run(leash.read_orders())))
