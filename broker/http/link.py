"""The HTTP process' sockets to the broker: what it posts over SUB, questions and answers over a DEALER."""

import asyncio
import os
from collections.abc import Callable

import zmq

from broker.inquiries import Question, StateWanted
from broker.messages import encode
from broker.port import Port
from broker.reports import Answered, Posted, decode_answered, decode_posted

RECONNECT_MS = 50
"""Pause between attempts to reach a broker that is starting again."""
HIGH_WATER_MARK_MESSAGES = 10_000
"""Changes that may wait while a long answer is made; past it they are dropped, and the whole state is asked for."""


class Link:
    """Both sockets.

    Args:
        loop: the process' loop.
        board_endpoint: where the broker posts.
        control_endpoint: where the broker answers.
        posted: called with what it posts.
        answered: called with what it, or a worker through it, answers.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        board_endpoint: str,
        control_endpoint: str,
        posted: Callable[[Posted], None],
        answered: Callable[[Answered], None],
    ) -> None:
        self._posted = posted
        self._answered = answered
        context = zmq.Context[zmq.Socket[bytes]].instance()
        dealer = context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.ROUTING_ID, b"%d" % os.getpid())
        dealer.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        dealer.connect(control_endpoint)
        sub = context.socket(zmq.SUB)
        sub.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        sub.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK_MESSAGES)
        sub.setsockopt(zmq.SUBSCRIBE, b"")
        sub.connect(board_endpoint)
        self._control = Port(loop, dealer, self._answer)
        self._board = Port(loop, sub, self._post)

    def ask(self, question: StateWanted | Question) -> None:
        """Ask the broker, or its workers through it."""
        self._control.send(encode(question))

    def close(self) -> None:
        """Close both sockets."""
        self._board.close()
        self._control.close()

    def _post(self, parts: list[bytes]) -> None:
        self._posted(decode_posted(parts[0]))

    def _answer(self, parts: list[bytes]) -> None:
        self._answered(decode_answered(parts[0]))
