"""The HTTP process: `python -m broker.http`, started by the supervisor."""

import asyncio
import signal

import uvloop

from broker import leash, logs
from broker.admin_token import TokenError
from broker.http.process import HttpProcess
from broker.keys import KeyStoreError


async def run(orders: leash.Orders) -> int:
    """Serve until the service has ended.

    Returns:
        The exit code.
    """
    loop = asyncio.get_running_loop()
    log = logs.configure(orders.settings.log_format, orders.name)
    drain, stop = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, drain.set)

    def end() -> None:
        stop.set()
        drain.set()

    leash.on_supervisor_gone(loop, end)
    try:
        process = HttpProcess(loop, orders, log)
    except (KeyStoreError, TokenError, OSError) as error:
        log.error("can't serve HTTP", error=str(error))
        return 1
    leash.pulsate(loop, leash.Pulse)
    await process.serve(leash.say_ready, drain, stop)
    return 0


if __name__ == "__main__":
    raise SystemExit(uvloop.run(run(leash.read_orders())))
