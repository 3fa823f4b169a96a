"""The OpenAPI document of a service, complete enough to generate a client from: errors that any call can have, and how to sign in."""

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
)
from libs.common.web.problems import FieldProblem, Problem, responses

_BASIC = {
    "type": "http",
    "scheme": "basic",
    "description": "a Docker user's name, and its password or an access token",
}
_LOCATION = {"description": "the new object's path", "required": True, "schema": {"type": "string"}}
_LINK = {
    "description": '`<…>; rel="next"`: the next page (RFC 8288); not on the last one',
    "schema": {"type": "string"},
}
_RETRY_AFTER = {"description": "seconds after which to try again", "schema": {"type": "integer"}}
_METHODS = ("get", "post", "put", "patch", "delete")


def document(app: FastAPI) -> dict[str, Any]:
    """The document of ``app``, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        made["servers"] = [{"url": "/", "description": "this installation"}]
        made["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        _add_components(made)
        for path in made["paths"].values():
            for method in _METHODS:
                if method in path:
                    _complete(method, path[method])
        app.openapi_schema = made
    return app.openapi_schema


def _add_components(made: dict[str, Any]) -> None:
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    if _uses_basic(made):
        components["securitySchemes"]["HTTPBasic"] = _BASIC
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["Problem"].pop("$defs", None)


def _uses_basic(made: dict[str, Any]) -> bool:
    return any(
        {"HTTPBasic": []} in operation.get("security", [])
        for path in made["paths"].values()
        for operation in path.values()
    )


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Say of ``operation`` which problems it can answer with besides those its route names."""
    told = operation["responses"]
    if "application/json" in told.get("422", {}).get("content", {}):
        del told["422"]  # FastAPI's own shape, which no answer of ours has
    if operation.get("x-registry-errors"):
        del operation["x-registry-errors"]
        return
    common: list[type[MoorageError]] = [DatabaseUnavailable]
    if {"HTTPBearer": []} in operation.get("security", []):
        common += [Unauthenticated] if method == "get" else [Unauthenticated, ReadOnlyKey]
    if operation.get("parameters") or "requestBody" in operation:
        common.append(Invalid)
    if "requestBody" in operation:
        common += [BadRequest, ContentTooLarge]
    for status, response in responses(*common).items():
        told.setdefault(str(status), response)
    _add_headers(operation, told)
    operation["responses"] = dict(sorted(told.items()))


def _add_headers(operation: dict[str, Any], told: dict[str, Any]) -> None:
    if "201" in told:
        told["201"]["headers"] = {"Location": _LOCATION}
    if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", [])):
        told["200"]["headers"] = {"Link": _LINK}
    for status in {"429", "503"} & told.keys():
        told[status]["headers"] = {"Retry-After": _RETRY_AFTER}
