"""The OpenAPI documents: what a client is generated from."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from ops.docs import errors_page as errors_doc
from ops.docs.openapi import FOLDER, document_of, text_of
from ops.layout import SERVICES

METHODS = {"get", "post", "put", "patch", "delete"}
PUBLIC = {
    ("get", "/token"),
    ("post", "/token"),
    ("get", "/.well-known/jwks.json"),
    ("post", "/api/v1/sessions"),
    ("post", "/api/v1/sessions/refresh"),
}
"""The operations that nobody needs to sign in for."""


def operations(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of each operation."""
    return [
        (method, path, operation)
        for path, item in document_of(service)["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_the_one_that_was_reviewed(service: str) -> None:
    kept = (FOLDER / f"{service}.json").read_text()
    assert kept == text_of(service), (
        "the API has changed: run `moorage docs` and review the difference"
    )


def test_the_page_of_errors_is_current() -> None:
    assert errors_doc.PAGE.read_text() == errors_doc.page(), "run `moorage docs`"


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_valid_openapi(service: str) -> None:
    validate(document_of(service))


def test_operation_ids_are_unique_and_named_like_verbs() -> None:
    ids = [
        operation["operationId"] for service in SERVICES for _, _, operation in operations(service)
    ]
    assert len(ids) == len(set(ids))
    verbs = {
        "get",
        "list",
        "create",
        "change",
        "delete",
        "put",
        "post",
        "refresh",
        "explain",
        "replay",
        "remove",
    }
    assert {name.partition("_")[0] for name in ids} <= verbs


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_what_it_does_who_may_call_it_and_how_it_fails(service: str) -> None:
    for method, path, operation in operations(service):
        where = f"{method} {path}"
        told = operation["responses"]
        assert len(operation["description"]) > 5, where
        assert operation["tags"], where
        assert any(status.startswith("2") for status in told), where
        if (method, path) in PUBLIC:
            continue
        assert {"HTTPBearer": []} in operation["security"], where
        assert {"401", "503"} <= set(told), where
        if "requestBody" in operation:
            assert {"413", "422"} <= set(told), where
        if method in ("post", "put", "patch", "delete"):
            assert "403" in told, where
        for status, response in told.items():
            if status >= "400":
                assert "application/problem+json" in response["content"], f"{where} {status}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_a_body_has_an_example_or_explains_itself(service: str) -> None:
    plain = {"boolean", "integer"}
    for name, schema in document_of(service)["components"]["schemas"].items():
        for field, rules in schema.get("properties", {}).items():
            explained = {
                "examples",
                "example",
                "description",
                "enum",
                "const",
                "format",
                "$ref",
                "items",
                "anyOf",
                "default",
            } & set(rules)
            assert explained or rules.get("type") in plain, f"{name}.{field}"


def test_no_document_shows_the_framework_errors() -> None:
    for service in SERVICES:
        assert "HTTPValidationError" not in json.dumps(document_of(service))
