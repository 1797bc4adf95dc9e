"""Requests made up out of the OpenAPI document, and each answer checked against it."""

from collections.abc import Iterator
from importlib.metadata import version
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from msgspec import json

from broker.http.openapi import document
from broker.http.operations import OPERATIONS, Operation
from service.observed import made_up_day
from service.running import Service, running
from service.waiting import DEADLINE_SECONDS, until
from service.web import ask, fetch

DOCUMENT = json.decode(json.encode(document(version("books-relayer"))))
EXAMPLES = 25

requests = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One with games and prices, at which a key may ask as often as it likes."""
    with running(workers=1, requests_per_second=100_000) as service:
        service.send(made_up_day(Random(7), 500))
        until(lambda: ask(service, "/v1/books").json["count"], "the books are reported")
        yield service


def test_the_document_is_served_to_everybody(service: Service) -> None:
    reply = fetch(service, "/openapi.json")
    assert (reply.status, reply.headers["content-type"], reply.json) == (200, "application/json", DOCUMENT)


@requests.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_made_up_requests_are_answered_as_promised(case: schemathesis.Case[Any], service: Service) -> None:
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{service.http_port}",
        headers={"Authorization": f"Bearer {service.key}"},
        timeout=DEADLINE_SECONDS,
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.path)
def test_good_requests_are_answered_as_promised(operation: Operation, service: Service) -> None:
    path_values = {"id": "game-1", "code": "nfl"}
    promised = requests[operation.path]["GET"]
    names = [each["name"] for each in DOCUMENT["paths"][operation.path]["get"]["parameters"] if each["in"] == "path"]
    case = promised.Case(path_parameters={name: path_values[name] for name in names}, query={"q": "home"})
    response = case.call_and_validate(
        base_url=f"http://127.0.0.1:{service.http_port}",
        headers={"Authorization": f"Bearer {service.key}"},
        timeout=DEADLINE_SECONDS,
    )
    assert response.status_code == 200
