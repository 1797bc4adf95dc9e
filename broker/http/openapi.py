"""The OpenAPI document of REST, made of the table of operations and of the structs that are answered. Pure."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from msgspec import json

from broker.http.operations import GAME_ID, OPERATIONS, Operation, Parameter
from broker.http.shapes import Problem

SEQ_HEADER = "X-Stream-Seq"
SCHEMAS = "#/components/schemas/{name}"
DESCRIPTION = "Live games and the prices of all books: the state that the events of the WebSocket lead to."

Document = dict[str, Any]


def document(version: str) -> Document:
    """Make the document of a version of books-relayer."""
    types = [Problem, *(operation.response for operation in OPERATIONS)]
    _, schemas = json.schema_components(types, ref_template=SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "books-relayer", "version": version, "description": DESCRIPTION},
        "paths": {operation.path: {"get": _operation(operation)} for operation in OPERATIONS},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer", "description": "pn_live_…"},
                "query": {"type": "apiKey", "in": "query", "name": "key", "description": "pn_live_…"},
            },
        },
        "security": [{"header": []}, {"query": []}],
    }


def _operation(operation: Operation) -> Document:
    return {
        "operationId": "_".join(re.findall(r"[a-z]+", operation.path.removeprefix("/v1"))),
        "summary": operation.summary,
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            "200": {
                "description": operation.summary,
                "headers": {
                    SEQ_HEADER: {
                        "description": "The sequence number of the last event that is in this answer.",
                        "required": True,
                        "schema": {"type": "integer"},
                    }
                },
                "content": _json(operation.response.__name__),
            },
            **{str(status.value): _problem(status, text) for status, text in _problems(operation).items()},
        },
    }


def _problems(operation: Operation) -> Mapping[HTTPStatus, str]:
    problems = {
        HTTPStatus.UNAUTHORIZED: "The key is missing, malformed, unknown, expired or revoked.",
        HTTPStatus.TOO_MANY_REQUESTS: "Too many requests with this key.",
        HTTPStatus.SERVICE_UNAVAILABLE: "The service has only just started, or has too many requests at once.",
    }
    if any(parameter.place == "query" for parameter in operation.parameters):
        problems[HTTPStatus.BAD_REQUEST] = "A parameter is missing or bad."
    if operation.needs:
        problems[HTTPStatus.FORBIDDEN] = f"The key is not for the {operation.needs} channel."
    if GAME_ID in operation.parameters:
        problems[HTTPStatus.NOT_FOUND] = "There is no such game."
    return problems


def _problem(status: HTTPStatus, text: str) -> Document:
    response: Document = {"description": text, "content": _json(Problem.__name__)}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _json(name: str) -> Document:
    return {"application/json": {"schema": {"$ref": SCHEMAS.format(name=name)}}}
