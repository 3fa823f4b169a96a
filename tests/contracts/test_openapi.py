"""The OpenAPI documents, from which clients are generated."""

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
"""Operations without authentication."""


def operations(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) of each operation of ``service``."""
    return [
        (method, path, operation)
        for path, item in document_of(service)["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_committed_document_is_current(service: str) -> None:
    committed = (FOLDER / f"{service}.json").read_text()
    assert committed == text_of(service), (
        "the API has changed: run `moorage docs` and review the diff"
    )


def test_page_of_errors_is_current() -> None:
    assert errors_doc.PAGE.read_text() == errors_doc.page(), "run `moorage docs`"


@pytest.mark.parametrize("service", SERVICES)
def test_document_is_valid_openapi(service: str) -> None:
    validate(document_of(service))


def test_operation_ids_are_unique_and_start_with_a_verb() -> None:
    ids = [
        operation["operationId"] for service in SERVICES for _, _, operation in operations(service)
    ]
    assert len(ids) == len(set(ids))
    verbs = {
        "get",
        "list",
        "create",
        "change",
        "copy",
        "delete",
        "put",
        "post",
        "refresh",
        "explain",
        "replay",
        "restore",
        "remove",
    }
    assert {name.partition("_")[0] for name in ids} <= verbs


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_documents_its_purpose_authentication_and_errors(service: str) -> None:
    for method, path, operation in operations(service):
        where = f"{method} {path}"
        responses = operation["responses"]
        assert len(operation["description"]) > 5, where
        assert operation["tags"], where
        assert any(status.startswith("2") for status in responses), where
        if (method, path) in PUBLIC:
            continue
        assert {"HTTPBearer": []} in operation["security"], where
        assert {"401", "503"} <= set(responses), where
        if "requestBody" in operation:
            assert {"413", "422"} <= set(responses), where
        if method in ("post", "put", "patch", "delete"):
            assert "403" in responses, where
        for status, response in responses.items():
            if status >= "400":
                assert "application/problem+json" in response["content"], f"{where} {status}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_has_an_example_or_a_description(service: str) -> None:
    self_explanatory = {"boolean", "integer"}
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
            assert explained or rules.get("type") in self_explanatory, f"{name}.{field}"


def test_no_document_contains_the_error_format_of_the_framework() -> None:
    for service in SERVICES:
        assert "HTTPValidationError" not in json.dumps(document_of(service))
