"""websockets, with its own broadcast() (https://websockets.readthedocs.io, "Broadcasting").

With compression, its default: a compressor for each connection, with a window of 12 bits and context takeover.
"""

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmark.peers import task

subscribers: set[ServerConnection] = set()


async def handle(subscriber: ServerConnection) -> None:
    """Keep a subscriber until it is gone."""
    subscribers.add(subscriber)
    try:
        await subscriber.wait_closed()
    finally:
        subscribers.discard(subscriber)


async def listen(place: task.Place) -> None:
    """Start the server."""
    await serve(
        handle,
        "127.0.0.1",
        place.port,
        compression="deflate" if place.compression else None,
        ping_interval=None,
        open_timeout=None,
        backlog=task.BACKLOG,
    )


async def send_all(text: str) -> None:
    """Send to all."""
    broadcast(subscribers, text)


if __name__ == "__main__":
    task.serve(listen, send_all)
