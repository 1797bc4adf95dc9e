"""The broker process: `python -m broker`, started by the supervisor."""

import asyncio
import signal

import uvloop
import zmq

from broker import leash, logs
from broker.conn_ids import ConnIdsError
from broker.curve import CurveKeysError
from broker.journal import JournalError
from broker.keys import KeyStoreError
from broker.private import OpenToOthersError
from broker.process import Broker


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
        broker = Broker(loop, orders, log)
    except (
        ConnIdsError,
        CurveKeysError,
        JournalError,
        KeyStoreError,
        OpenToOthersError,
        zmq.ZMQError,
    ) as error:
        log.error(str(error))
        return leash.HOPELESS
    leash.say_ready()
    leash.pulsate(loop, leash.Pulse)
    await stop.wait()
    broker.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(uvloop.run(run(leash.read_orders())))
