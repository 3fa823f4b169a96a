"""The OpenAPI document of a service, complete enough to generate a client.

It adds to FastAPI's document the authentication schemes and the errors of every operation.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from libs.common.web.authentication import ReadOnlyKey
from libs.common.web.errors import (
    BadRequest,
    ContentTooLarge,
    DatabaseUnavailable,
    Invalid,
    MoorageError,
    Unauthenticated,
    UriTooLong,
)
from libs.common.web.problems import FieldProblem, Problem, responses

_BASIC = {
    "type": "http",
    "scheme": "basic",
    "description": "The name of a Docker user, and its password or an access token.",
}
_LOCATION = {
    "description": "Path of the new object.",
    "required": True,
    "schema": {"type": "string"},
}
_LINK = {
    "description": 'The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page.',
    "schema": {"type": "string"},
}
_RETRY_AFTER = {
    "description": "Seconds to wait before the next attempt.",
    "schema": {"type": "integer"},
}
_METHODS = ("get", "post", "put", "patch", "delete")


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document of ``app``, built at the first call."""
    if app.openapi_schema is None:
        result = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        result["servers"] = [{"url": "/", "description": "This installation."}]
        result["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        _add_components(result)
        for path in result["paths"].values():
            for method in _METHODS:
                if method in path:
                    _complete(method, path[method])
        app.openapi_schema = result
    return app.openapi_schema


def _add_components(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    if _uses_basic(document):
        components["securitySchemes"]["HTTPBasic"] = _BASIC
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["Problem"].pop("$defs", None)


def _uses_basic(document: dict[str, Any]) -> bool:
    return any(
        {"HTTPBasic": []} in operation.get("security", [])
        for path in document["paths"].values()
        for operation in path.values()
    )


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add to ``operation`` the problems that its route does not declare."""
    declared = operation["responses"]
    if "application/json" in declared.get("422", {}).get("content", {}):
        del declared["422"]  # FastAPI's own error format, which no response has
    if operation.get("x-registry-errors"):
        del operation["x-registry-errors"]
        return
    common: list[type[MoorageError]] = [DatabaseUnavailable]
    if {"HTTPBearer": []} in operation.get("security", []):
        common += [Unauthenticated] if method == "get" else [Unauthenticated, ReadOnlyKey]
    if operation.get("parameters"):
        common += [BadRequest, UriTooLong]
    if operation.get("parameters") or "requestBody" in operation:
        common.append(Invalid)
    if "requestBody" in operation:
        common += [BadRequest, ContentTooLarge]
    for status, response in responses(*dict.fromkeys(common)).items():
        declared.setdefault(str(status), response)
    _add_headers(operation, declared)
    operation["responses"] = dict(sorted(declared.items()))


def _add_headers(operation: dict[str, Any], declared: dict[str, Any]) -> None:
    if "201" in declared:
        declared["201"]["headers"] = {"Location": _LOCATION}
    if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", [])):
        declared["200"]["headers"] = {"Link": _LINK}
    for status in {"429", "503"} & declared.keys():
        declared[status]["headers"] = {"Retry-After": _RETRY_AFTER}
