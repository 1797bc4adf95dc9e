"""The listening socket of one worker beside that of another, and what is left in its queue."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from workers.listener import SEND_BUFFER_BYTES, UNSENT_LIMIT_BYTES, bound, queued

PEER_TIMEOUT_SECONDS = 7
CLIENTS = 20


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with bound("127.0.0.1", 0, PEER_TIMEOUT_SECONDS) as listener:
        listener.listen(CLIENTS)
        yield listener


def test_all_who_wait_are_accepted_and_nobody_is_waited_for(listener: socket.socket) -> None:
    assert list(queued(listener)) == []
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(listener.getsockname())) for _ in range(CLIENTS)]
        accepted = [stack.enter_context(each) for each in queued(listener)]
        assert {each.getpeername() for each in accepted} == {each.getsockname() for each in clients}
    assert list(queued(listener)) == []


def test_what_is_accepted_has_the_options_of_the_listener(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()):
        (accepted,) = queued(listener)
        with accepted:
            tcp = {
                option: accepted.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_NODELAY, socket.TCP_NOTSENT_LOWAT, socket.TCP_USER_TIMEOUT)
            }
            assert tcp == {
                socket.TCP_NODELAY: 1,
                socket.TCP_NOTSENT_LOWAT: UNSENT_LIMIT_BYTES,
                socket.TCP_USER_TIMEOUT: PEER_TIMEOUT_SECONDS * 1000,
            }
            # Doubled for the kernel's own overhead (socket(7)).
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * SEND_BUFFER_BYTES


def test_two_share_a_port(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with bound("127.0.0.1", port, PEER_TIMEOUT_SECONDS) as other:
        other.listen(CLIENTS)
        assert other.getsockname() == listener.getsockname()
