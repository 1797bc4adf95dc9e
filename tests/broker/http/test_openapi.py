"""The OpenAPI document has all operations, and refers to nothing that isn't in it."""

import re
from typing import Any

from msgspec import json

from broker.http.openapi import document
from broker.http.operations import OPERATIONS

DOCUMENT: dict[str, Any] = json.decode(json.encode(document("1.2.3")))


def test_every_operation_is_in_it() -> None:
    assert set(DOCUMENT["paths"]) == {each.path for each in OPERATIONS}
    ids = [path["get"]["operationId"] for path in DOCUMENT["paths"].values()]
    assert len(set(ids)) == len(ids)
    assert (DOCUMENT["openapi"], DOCUMENT["info"]["version"]) == ("3.1.0", "1.2.3")


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', json.encode(DOCUMENT).decode()))
    assert references == set(DOCUMENT["components"]["schemas"])


def test_path_parameters_are_those_of_the_path() -> None:
    for path, item in DOCUMENT["paths"].items():
        named = {each["name"] for each in item["get"]["parameters"] if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_what_may_go_wrong_is_told() -> None:
    markets = DOCUMENT["paths"]["/v1/games/{id}/markets"]["get"]["responses"]
    assert set(markets) == {"200", "400", "401", "403", "404", "429", "503"}
    assert "Retry-After" in markets["429"]["headers"]
    assert set(DOCUMENT["paths"]["/v1/books"]["get"]["responses"]) == {"200", "401", "429", "503"}
