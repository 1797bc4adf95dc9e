"""aiohttp, with WebSocketResponse.send_str in a loop (https://docs.aiohttp.org, "WebSockets")."""

from aiohttp import web

from benchmark.peers import task

subscribers: set[web.WebSocketResponse] = set()


async def handle(request: web.Request) -> web.WebSocketResponse:
    """Keep a subscriber until it is gone."""
    subscriber = web.WebSocketResponse(compress=False)
    await subscriber.prepare(request)
    subscribers.add(subscriber)
    try:
        async for _ in subscriber:
            pass
    finally:
        subscribers.discard(subscriber)
    return subscriber


async def listen(place: task.Place) -> None:
    """Start the server."""
    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", place.port, backlog=task.BACKLOG).start()


async def send_all(text: str) -> None:
    """Send to all."""
    for subscriber in tuple(subscribers):
        await subscriber.send_str(text)


if __name__ == "__main__":
    task.serve(listen, send_all)
