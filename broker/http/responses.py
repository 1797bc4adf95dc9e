"""Answers as JSON."""

from http import HTTPStatus

from msgspec import Struct, json
from starlette.responses import Response

from broker.http.problems import ProblemError
from broker.http.shapes import Problem

_encode = json.Encoder().encode


def answer(body: Struct, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    """Answer with a struct."""
    return Response(_encode(body), status, headers, media_type="application/json")


def refusal(problem: ProblemError) -> Response:
    """Answer with what is wrong."""
    return answer(Problem(problem.error), problem.status, problem.headers)
