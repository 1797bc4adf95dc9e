"""Thousands of subscribers in one process, which come and go by order; what comes after the welcome is not looked at.

Orders come as JSON lines on standard input, each is answered by one report on standard output (herd.py).
"""

import re
import select
import socket
import sys
import time
from enum import Enum

from msgspec import Struct, json

IP_BIND_ADDRESS_NO_PORT = 24
"""ip(7): the port is chosen at connect(), so that each address has all of them."""
RECEIVE_BYTES = 65_536
ACCEPTED = b"HTTP/1.1 101 "
CONN_ID = re.compile(rb'"conn_id":(\d+)')
HANDSHAKE = (
    "GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE_FRAME = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
"""1000, masked with zeros (RFC 6455, 5.5.1)."""
TURN_SECONDS = 0.05
READING = select.EPOLLIN | select.EPOLLRDHUP
HOLDING = select.EPOLLRDHUP


class Plan(Struct, frozen=True):
    """What all of them have in common, the program's one argument.

    Args:
        host: of the service.
        port: of the service.
        target: path and query.
        network: the first two bytes of the addresses they come from, each from its own; empty for the kernel's choice.
        receive_buffer: bytes that the kernel takes for each, 0 for its default.
        reads: whether they read on after their welcome, or leave all in their socket.
    """

    host: str
    port: int
    target: str
    network: str
    receive_buffer: int
    reads: bool


class Order(Struct, frozen=True):
    """Some leave and some come, all at once; answered when that is done, or its time is over.

    Args:
        leave: by number.
        come: by number; any number that isn't in.
        seconds: for it all.
    """

    leave: list[int] = []
    come: list[int] = []
    seconds: float = 20.0


class Report(Struct, frozen=True):
    """What became of an order.

    Args:
        admitted: by number, the conn_id of each that was let in and when, in seconds of the machine's clock.
        left: by number, when each set about leaving that the server has seen off since.
        refused: how many were answered so, by status, Retry-After and error.
        broken: those whose connection failed before any answer.
        undecided: those that have come and still wait.
        cut: those that were in and that the server has ended.
        seconds: until the last of that happened.
    """

    admitted: dict[int, tuple[int, float]]
    left: dict[int, float]
    refused: dict[str, int]
    broken: list[int]
    undecided: list[int]
    cut: list[int]
    seconds: float


def address(network: str, number: int) -> str:
    """Where the client of that number comes from."""
    return f"{network}.{1 + number // 200}.{1 + number % 200}"


class Stage(Enum):
    """Where a client is; out if it is nowhere."""

    CONNECTING = 0
    ASKING = 1
    IN = 2
    LEAVING = 3


class Client:
    """One subscriber.

    Args:
        number: its name.
        connection: not connected yet.
    """

    __slots__ = ("connection", "descriptor", "left_at", "number", "received", "stage")

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.connection = connection
        self.descriptor = connection.fileno()
        self.stage = Stage.CONNECTING
        self.received = b""
        self.left_at = 0.0


class Herd:
    """All of them.

    Args:
        plan: what they have in common.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._handshake = HANDSHAKE.format(target=plan.target, host=plan.host).encode()
        self._poll = select.epoll()
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._clients: dict[int, Client] = {}
        """By descriptor."""
        self._inside: dict[int, Client] = {}
        """By number."""
        self._busy: set[Client] = set()
        self._forget()

    def next_order(self) -> bytes:
        """Wait for an order, and read meanwhile what comes; empty at the end."""
        self._ordered = False
        while not self._ordered:
            self._turn(-1)
        return sys.stdin.buffer.readline()

    def carry_out(self, order: Order) -> Report:
        """Do as ordered."""
        began = self._happened = time.monotonic()
        for number in order.leave:
            self._leave(self._inside.pop(number))
        for number in order.come:
            self._come(number)
        self._turn(0)
        while self._busy and time.monotonic() - began < order.seconds:
            self._turn(TURN_SECONDS)
        undecided = [client.number for client in self._busy if client.stage is not Stage.LEAVING]
        seconds = self._happened - began
        report = Report(self._admitted, self._left, self._refused, self._broken, undecided, self._cut, seconds)
        self._forget()
        return report

    def _forget(self) -> None:
        self._admitted: dict[int, tuple[int, float]] = {}
        self._left: dict[int, float] = {}
        self._refused: dict[str, int] = {}
        self._broken: list[int] = []
        self._cut: list[int] = []

    def _come(self, number: int) -> None:
        plan = self._plan
        connection = socket.socket()
        connection.setblocking(False)
        if plan.receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, plan.receive_buffer)
        if plan.network:
            connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((address(plan.network, number), 0))
        connection.connect_ex((plan.host, plan.port))
        client = Client(number, connection)
        self._clients[client.descriptor] = client
        self._busy.add(client)
        self._poll.register(client.descriptor, select.EPOLLOUT)

    def _leave(self, client: Client) -> None:
        client.stage = Stage.LEAVING
        client.left_at = time.monotonic()
        self._busy.add(client)
        self._poll.modify(client.descriptor, READING)
        try:
            # Half of them close the WebSocket in order, the other half only the connection.
            if client.number % 2:
                client.connection.shutdown(socket.SHUT_WR)
            else:
                client.connection.send(CLOSE_FRAME)
        except OSError:
            # The server was faster.
            self._end(client)

    def _turn(self, seconds: float) -> None:
        for descriptor, _ in self._poll.poll(seconds):
            client = self._clients.get(descriptor)
            if client is None:
                self._ordered = True
                continue
            try:
                self._serve(client)
            except OSError:
                self._end(client)

    def _serve(self, client: Client) -> None:
        match client.stage:
            case Stage.CONNECTING:
                client.connection.send(self._handshake)
                client.stage = Stage.ASKING
                self._poll.modify(client.descriptor, READING)
            case Stage.ASKING:
                self._hear(client, client.connection.recv(RECEIVE_BYTES))
            case Stage.IN if not self._plan.reads:
                # It has been seen off: what it has yet to read doesn't matter.
                self._end(client)
            case Stage.IN | Stage.LEAVING:
                if not client.connection.recv(RECEIVE_BYTES):
                    self._end(client)

    def _hear(self, client: Client, data: bytes) -> None:
        client.received += data
        if not data:
            self._end(client)
        elif client.received.startswith(ACCEPTED) and (found := CONN_ID.search(client.received)):
            client.stage = Stage.IN
            client.received = b""
            self._busy.discard(client)
            self._inside[client.number] = client
            self._happened = time.monotonic()
            self._admitted[client.number] = int(found[1]), self._happened
            if not self._plan.reads:
                self._poll.modify(client.descriptor, HOLDING)

    def _end(self, client: Client) -> None:
        """The connection is at its end: see what that says."""
        self._happened = time.monotonic()
        client.connection.close()
        del self._clients[client.descriptor]
        self._busy.discard(client)
        if client.stage is Stage.IN:
            del self._inside[client.number]
            self._cut.append(client.number)
        elif client.stage is Stage.LEAVING:
            self._left[client.number] = client.left_at
        elif client.received:
            answer = _told(client.received)
            self._refused[answer] = self._refused.get(answer, 0) + 1
        else:
            self._broken.append(client.number)


def _told(answer: bytes) -> str:
    """What matters of an HTTP answer."""
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    retry = [line for line in headers if line.startswith("Retry-After:")]
    return " | ".join((status.split()[1], *retry, body))


def main() -> None:
    """Obey until standard input ends."""
    herd = Herd(json.decode(sys.argv[1], type=Plan))
    while order := herd.next_order():
        report = herd.carry_out(json.decode(order, type=Order))
        sys.stdout.buffer.write(json.encode(report) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
