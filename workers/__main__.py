"""The worker process: `python -m workers`, started by the supervisor."""

import asyncio
import signal

import uvloop

from broker import leash, logs
from workers.worker import Worker


async def run(orders: leash.Orders) -> int:
    """Serve until told to stop.

    Returns:
        The exit code.
    """
    loop = asyncio.get_running_loop()
    log = logs.configure(orders.settings.log_format, orders.name)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    leash.on_supervisor_gone(loop, stop.set)
    try:
        await Worker(loop, orders.settings, log).serve(leash.say_ready, stop)
    except OSError as error:
        log.error("can't listen", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(uvloop.run(run(leash.read_orders())))
