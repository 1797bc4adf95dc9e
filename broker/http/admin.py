"""/admin: the top subscribers, and an end for one of them. Open on the local socket, elsewhere with the token."""

from http import HTTPStatus

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.http.access import OperatorToken
from broker.http.inquirer import Inquirer, Subscriber
from broker.http.problems import ProblemError
from broker.http.responses import answer
from broker.inquiries import ORDERS

LIMIT = 50
HIGHEST_LIMIT = 1_000
BIGGEST_CONN_ID = 2**53


class Subscribers(Struct, frozen=True):
    """The answer to /admin/subscribers."""

    count: int
    subscribers: tuple[Subscriber, ...]


class Closed(Struct, frozen=True):
    """The answer to a close that was carried out."""

    conn_id: int
    closed: bool


class Admin:
    """What operators may do.

    Args:
        inquirer: asks the workers.
        token: that is needed away from the local socket.
    """

    def __init__(self, inquirer: Inquirer, token: OperatorToken) -> None:
        self._inquirer = inquirer
        self._token = token

    @property
    def routes(self) -> list[Route]:
        """All paths."""
        return [
            Route("/admin/subscribers", self._subscribers),
            Route("/admin/subscribers/{conn_id}/close", self._close, methods=["POST"]),
        ]

    async def _subscribers(self, request: Request) -> Response:
        self._check(request)
        by = request.query_params.get("by", "lag")
        if by not in ORDERS:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"by must be one of: {', '.join(ORDERS)}")
        limit = _number("limit", request.query_params.get("limit", str(LIMIT)), HIGHEST_LIMIT)
        subscribers = await self._inquirer.top(by, limit)
        return answer(Subscribers(len(subscribers), subscribers))

    async def _close(self, request: Request) -> Response:
        self._check(request)
        conn_id = _number("conn_id", request.path_params["conn_id"], BIGGEST_CONN_ID)
        if not await self._inquirer.close(conn_id):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no subscriber {conn_id}: it has left, or never was")
        return answer(Closed(conn_id, closed=True))

    def _check(self, request: Request) -> None:
        # ASGI: without a port, the server's address is the path of a Unix socket. Its directory lets only us in.
        server = request.scope["server"]
        if server is not None and server[1] is None:
            return
        if not self._token.exists:
            raise ProblemError(HTTPStatus.NOT_FOUND, "no such path; /admin is on the local socket only")
        self._token.check(request.headers.get("authorization"))


def _number(name: str, text: str, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(highest)) and 1 <= int(text) <= highest):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{name} must be a number from 1 to {highest}")
    return int(text)
