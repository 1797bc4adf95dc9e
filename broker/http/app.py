"""The ASGI application: paths, and what each is answered with."""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from importlib.metadata import version

from msgspec import Struct, json
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from structlog.typing import FilteringBoundLogger

from broker.http import asyncapi, openapi
from broker.http.access import Access, given_key
from broker.http.admin import Admin
from broker.http.metrics import exposition
from broker.http.mirror import Mirror
from broker.http.operations import OPERATIONS, Operation
from broker.http.problems import ProblemError
from broker.http.responses import answer, refusal
from broker.http.shapes import Problem
from broker.http.site import Site
from broker.http.standing import Standing
from broker.http.status import status
from workers.clock import Clock

DISTRIBUTION = "books-relayer"

Endpoint = Callable[[Request], Awaitable[Response]]


class PageConfig(Struct, frozen=True):
    """What the page has to know: where the WebSocket is, and whether /admin is here."""

    ws_port: int
    tls: bool
    admin: bool


class App:
    """All that can be asked.

    Args:
        mirror: the state.
        standing: how the service stands.
        access: who may ask.
        admin: what operators may do.
        page_config: what the page has to know.
        log: for what should not happen.
    """

    def __init__(
        self,
        mirror: Mirror,
        standing: Standing,
        access: Access,
        admin: Admin,
        page_config: PageConfig,
        log: FilteringBoundLogger,
    ) -> None:
        self._mirror = mirror
        self._standing = standing
        self._access = access
        self._admin = admin
        self._page_config = page_config
        self._log = log
        release = version(DISTRIBUTION)
        self._documents = {
            "/openapi.json": json.encode(openapi.document(release)),
            "/asyncapi.json": json.encode(asyncapi.document(release, page_config.ws_port, tls=page_config.tls)),
        }

    def build(self) -> Starlette:
        """Make the application."""
        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/readyz", self._readyz),
                Route("/metrics", self._metrics),
                Route("/status", self._status),
                Route("/config.json", self._config),
                *(Route(path, self._document) for path in self._documents),
                *(Route(each.path, self._endpoint(each)) for each in OPERATIONS),
                *self._admin.routes,
                Mount("/", Site()),
            ],
            exception_handlers={
                ProblemError: _refuse,
                HTTPException: _refuse_http,
                Exception: self._fail,
            },
        )

    async def _health(self, _request: Request) -> Response:
        return _line(*self._standing.health(time.monotonic()))

    async def _readyz(self, _request: Request) -> Response:
        return _line(*self._standing.readiness(time.monotonic()))

    async def _metrics(self, _request: Request) -> Response:
        return Response(exposition(self._standing, time.monotonic), media_type=CONTENT_TYPE_LATEST)

    async def _status(self, _request: Request) -> Response:
        return answer(status(self._standing, self._mirror, time.monotonic()))

    async def _config(self, _request: Request) -> Response:
        return answer(self._page_config)

    async def _document(self, request: Request) -> Response:
        return Response(self._documents[request.url.path], media_type="application/json")

    def _endpoint(self, operation: Operation) -> Endpoint:
        return partial(self._answer, operation)

    async def _answer(self, operation: Operation, request: Request) -> Response:
        clock = Clock(time.monotonic(), time.time_ns() // 1_000_000)
        query = request.query_params
        self._access.check(given_key(request.headers.get("authorization"), query.get("key")), operation.needs, clock)
        if not self._mirror.is_provided:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "the service has only just started; try again", Retry_After="1"
            )
        asked = operation.ask(request.path_params, query)
        body = operation.answer(self._mirror, self._standing, asked)
        return answer(body, headers={openapi.SEQ_HEADER: str(self._mirror.seq)})

    async def _fail(self, request: Request, error: Exception) -> Response:
        # The path and not the query, in which there may be a key.
        self._log.error("can't answer", path=request.url.path, exc_info=error)
        problem = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; the log says what")
        return refusal(problem)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return refusal(error)


async def _refuse_http(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    problems = {
        HTTPStatus.NOT_FOUND: f"no such path: {request.url.path}; /openapi.json lists what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not for this path",
    }
    return answer(Problem(problems.get(status, error.detail)), status, dict(error.headers or {}))


def _line(is_good: bool, text: str, /) -> Response:
    return PlainTextResponse(text, HTTPStatus.OK if is_good else HTTPStatus.SERVICE_UNAVAILABLE)
