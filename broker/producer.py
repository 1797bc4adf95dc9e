"""A producer's side of the transport: one batch at a time, sent until the broker has answered it.

Stop-and-wait on purpose: with a single batch under way, one that is sent again can't arrive after a
newer one, and the broker, which remembers ids, applies it once.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq
from msgspec import DecodeError, Struct, json

from broker import curve
from broker.observations import BATCH_LIMIT_BYTES, Rejection

REFUSAL_PAUSE_SECONDS = 0.5
"""Between two tries of a batch that was refused whole: a full disk takes time to mend."""
BATCH_ID_BYTES = 16
"""As many random bytes as make an id unique over all producers."""


class BrokerUnreachableError(Exception):
    """The broker did not take a batch; the message is one sentence."""


class Receipt(Struct, frozen=True):
    """The broker's answer to a batch.

    Args:
        accepted: observations taken, changed or not.
        events: events they made.
        rejected: those not taken, and why.
        error: why nothing of the batch was taken.
        permanent: whether it never will be.
    """

    accepted: int
    events: int
    rejected: tuple[Rejection, ...]
    error: str | None = None
    permanent: bool = False


_decoder = json.Decoder(Receipt)


def _say_nothing(_problem: str) -> None:
    """Retry silently."""


class Producer:
    """Sends batches of observations and waits until each is durable.

    Args:
        endpoint: ZeroMQ endpoint of the broker's producers' socket.
        timeout_seconds: how long to wait for an answer before the batch is sent again.
        give_up_seconds: how long to go on with one batch; None for ever.
        on_retry: called with the problem each time before a batch is sent again.
        keys: directory of the keys that were issued to this producer, for a service that wants them.

    Raises:
        BrokerUnreachableError: if the endpoint can't be connected to at all.
        CurveKeysError, OpenToOthersError: if the keys can't be used.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        timeout_seconds: float = 2.0,
        give_up_seconds: float | None = None,
        on_retry: Callable[[str], None] = _say_nothing,
        keys: Path | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds
        self._give_up_seconds = give_up_seconds
        self._on_retry = on_retry
        self._keys = keys
        self._context = zmq.Context()
        self._socket = self._connected()

    def send(self, observations: Sequence[bytes]) -> Receipt:
        """Have one batch taken.

        Args:
            observations: each one a line of JSON, without its newline.

        Returns:
            The broker's answer; what it accepted now survives its death.

        Raises:
            BrokerUnreachableError: if there was no answer but refusals in `give_up_seconds`, if what
                answers is no broker, or if the batch is one that no broker ever takes.
        """
        batch_id = secrets.token_bytes(BATCH_ID_BYTES)
        payload = b"\n".join(observations)
        if len(payload) > BATCH_LIMIT_BYTES:
            # To one that is much larger there is no answer.
            raise BrokerUnreachableError(
                f"a batch of {len(payload)} bytes is more than the {BATCH_LIMIT_BYTES} that a broker takes: "
                "send it in parts"
            )
        started = time.monotonic()
        while True:
            receipt = self._exchange(batch_id, payload)
            if receipt is None:
                problem = f"no answer from the broker at {self._endpoint}"
                if self._keys:
                    problem += ", which may not admit our key"
                self._reconnect()
            elif receipt.error is None:
                return receipt
            elif receipt.permanent:
                raise BrokerUnreachableError(f"the broker doesn't take this batch: {receipt.error}")
            else:
                problem = receipt.error
                time.sleep(REFUSAL_PAUSE_SECONDS)
            self._give_up_if_late(started, problem)
            self._on_retry(problem)

    def close(self) -> None:
        """Close the socket; a batch that is not answered yet may or may not be taken."""
        self._socket.close(linger=0)
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, batch_id: bytes, payload: bytes) -> Receipt | None:
        try:
            self._socket.send_multipart([batch_id, payload], zmq.NOBLOCK)
        except zmq.Again:
            # The connection has ended for good, as it does when keys are wanted and we have none.
            return None
        deadline = time.monotonic() + self._timeout_seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self._socket.poll(int(left * 1000) + 1):
                break
            answer = self._socket.recv_multipart()
            # A late answer to another batch says nothing about this one.
            if answer[0] == batch_id:
                return self._decode(answer)
        return None

    def _decode(self, answer: list[bytes]) -> Receipt:
        try:
            return _decoder.decode(answer[-1])
        except DecodeError as error:
            raise BrokerUnreachableError(
                f"what answers at {self._endpoint} is no broker of this version: {error}"
            ) from error

    def _give_up_if_late(self, started: float, problem: str) -> None:
        if self._give_up_seconds is None:
            return
        if time.monotonic() - started >= self._give_up_seconds:
            raise BrokerUnreachableError(f"gave up on a batch after {self._give_up_seconds:g} s: {problem}")

    def _reconnect(self) -> None:
        # A fresh socket: the old one may hold the batch in its queue, for a broker that is gone.
        self._socket.close(linger=0)
        self._socket = self._connected()

    def _connected(self) -> "zmq.Socket[bytes]":
        socket = self._context.socket(zmq.DEALER)
        socket.ipv6 = "[" in self._endpoint
        try:
            if self._keys:
                curve.prove(socket, self._keys)
            socket.connect(self._endpoint)
        except zmq.ZMQError as error:
            socket.close(linger=0)
            raise BrokerUnreachableError(f"can't connect to {self._endpoint}: {error}") from error
        return socket
