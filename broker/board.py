"""The socket on which the broker posts its state and figures for whoever watches."""

import zmq

from broker.messages import encode
from broker.reports import Posted


class Board:
    """A PUB socket; with nobody there, what is posted is gone.

    Args:
        context: ZeroMQ context.
        endpoint: where watchers subscribe.
    """

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str) -> None:
        self._socket = context.socket(zmq.PUB)
        self._socket.bind(endpoint)

    def post(self, message: Posted) -> None:
        """Send to all who watch. One too slow for ZeroMQ's queue misses it, and finds out by its number."""
        # What was still being gathered when the broker ended is asked of its successor.
        if not self._socket.closed:
            self._socket.send(encode(message))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(linger=100)
