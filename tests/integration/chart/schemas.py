"""The schemas of Kubernetes, each loaded once."""

from __future__ import annotations

import functools
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from kubernetes_validate import SchemaNotFoundError
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.integration.chart.conftest import Object

__all__ = ["SchemaNotFoundError", "validate"]


def validate(found: Object, version: str) -> None:
    """Refuse an object that this version of Kubernetes refuses, or that has an unknown field.

    Raises:
        SchemaNotFoundError: Kubernetes does not define this kind.
        jsonschema.ValidationError: The object is not valid.
    """
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", found["apiVersion"])
    name = f"{found['kind'].lower()}-{api}"
    try:
        schema = _schema(version, name)
    except FileNotFoundError:
        raise SchemaNotFoundError(found["kind"], version, found["apiVersion"]) from None
    validator = jsonschema.Draft202012Validator(schema, registry=_definitions(version))
    validator.validate(found)


@functools.cache
def _schema(version: str, name: str) -> Any:
    return schema_contents(f"kubernetes-json-schema/v{version}.0-local-strict/{name}.json", version)


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    definitions: Resource[Any] = Resource.from_contents(_schema(version, "_definitions"))
    return (definitions @ Registry()).crawl()
