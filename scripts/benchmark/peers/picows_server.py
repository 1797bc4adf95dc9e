"""picows, with its low-level WSTransport.send in a loop (https://picows.readthedocs.io)."""

from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmark.peers import task

subscribers: set[WSTransport] = set()


class Subscriber(WSListener):
    """One subscriber."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """It is let in."""
        subscribers.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """It is gone."""
        subscribers.discard(transport)


def accept(_request: WSUpgradeRequest) -> WSListener:
    """Let everybody in."""
    return Subscriber()


async def listen(place: task.Place) -> None:
    """Start the server."""
    await ws_create_server(accept, "127.0.0.1", place.port, backlog=task.BACKLOG)


async def send_all(text: str) -> None:
    """Send to all."""
    encoded = text.encode()
    for transport in subscribers:
        transport.send(WSMsgType.TEXT, encoded)


if __name__ == "__main__":
    task.serve(listen, send_all)
