"""Every operation of the OpenAPI documents, with arguments that succeed for the owner of a World.

Add an operation here only if its path has a new parameter, if it needs a query or a body, or if
it is for administrators.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.docs.openapi import FOLDER
from ops.layout import SERVICES
from tests.contracts.test_openapi import METHODS, PUBLIC
from tests.integration.api.installation import PASSWORD
from tests.integration.api.world import World

Values = Callable[[World], Any]
NEW_PASSWORD = "another battery horse"
ADMIN_ONLY = {
    "list_accounts",
    "create_account",
    "get_account",
    "change_account",
    "get_events_status",
    "list_dead_letters",
    "replay_dead_letter",
    "get_storage",
    "create_garbage_collection",
    "get_garbage_collection",
    "delete_current_garbage_collection",
}
_FOR_SESSIONS_ONLY = re.compile(
    r"^/api/v1/(account/password|accounts\b|api-keys\b|sessions\b|docker-users\b(?!.*/grants/))"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``document`` is its entry in the OpenAPI document."""

    method: str
    path: str
    document: dict[str, Any] = field(hash=False, compare=False)
    schemas: dict[str, Any] = field(hash=False, compare=False)

    @property
    def id(self) -> str:
        """The operation ID."""
        name: str = self.document["operationId"]
        return name

    @property
    def is_public(self) -> bool:
        """Whether an anonymous client can call it."""
        return (self.method, self.path) in PUBLIC

    @property
    def changes(self) -> bool:
        """Whether it changes something."""
        return self.method != "get"

    @property
    def needs_session(self) -> bool:
        """Whether API keys cannot call it, because it manages credentials or accounts (spec 4)."""
        return self.changes and _FOR_SESSIONS_ONLY.match(self.path) is not None

    @property
    def ends_session(self) -> bool:
        """Whether a successful call can end the caller's session."""
        return self.id in (
            "delete_sessions",
            "delete_current_session",
            "change_own_password",
            "change_account",
        )

    @property
    def is_list(self) -> bool:
        """Whether it returns pages."""
        return "cursor" in self.parameters("query")

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        """Return the parameters in ``place`` ("path" or "query") by name."""
        return {
            item["name"]: item
            for item in self.document.get("parameters", [])
            if item["in"] == place
        }

    def _body_schema(self) -> dict[str, Any]:
        content = self.document["requestBody"]["content"]["application/json"]
        schema: dict[str, Any] = self.schemas[content["schema"]["$ref"].rpartition("/")[2]]
        return schema

    def fields(self) -> dict[str, dict[str, Any]]:
        """Return the schemas of the fields of its body."""
        fields: dict[str, dict[str, Any]] = self._body_schema()["properties"]
        return fields

    def required_fields(self) -> list[str]:
        """Return the required fields of its body."""
        return list(self._body_schema().get("required", []))

    def url(self, world: World) -> str:
        """Return its path with the names of ``world``."""
        return re.sub(r"\{(\w+)\}", lambda match: _name(self, match[1], world), self.path)

    def names(self, world: World) -> dict[str, str]:
        """Return the values of its path parameters."""
        return {name: _name(self, name, world) for name in self.parameters("path")}

    def body(self, world: World) -> Any:
        """Return a valid body, or None if it has no body."""
        return _BODIES[self.id](world) if "requestBody" in self.document else None

    async def call(self, client: httpx.AsyncClient, world: World) -> httpx.Response:
        """Call it with arguments that succeed for the owner of ``world``."""
        if self.id == "delete_current_garbage_collection":
            await client.post("/api/v1/storage/runs", json={"is_dry": True})
        query = _QUERIES[self.id](world) if self.id in _QUERIES else None
        return await client.request(
            self.method.upper(), self.url(world), params=query, json=self.body(world)
        )


def _name(operation: Operation, parameter: str, world: World) -> str:
    names = {
        "namespace": world.empty if operation.id == "delete_namespace" else world.namespace,
        "repository": world.repository,
        "tag": world.tag,
        "digest": world.digest,
        "docker_user": world.granted,
        "username": world.owner.username
        if operation.path.startswith("/api/v1/accounts")
        else world.granted
        if operation.id == "change_docker_user_grant"
        else world.docker_user,
        "id": world.token_id if "/tokens/" in operation.path else world.key_id,
    }
    if "/storage/runs/" in operation.path:
        return str(world.garbage_run)
    if "/trash/" in operation.path:
        return str(world.trash_id)
    return str(world.dead_letter) if "dead-letters" in operation.path else names[parameter]


_BODIES: dict[str, Values] = {
    "create_session": lambda world: {"username": world.owner.username, "password": PASSWORD},
    "create_api_key": lambda _: {"name": "k", "permission": "write"},
    "create_token": lambda _: {"name": "t", "permission": "push"},
    "change_own_password": lambda _: {"current_password": PASSWORD, "password": NEW_PASSWORD},
    "create_account": lambda world: {"username": f"{world.namespace}.new", "password": PASSWORD},
    "change_account": lambda _: {"disabled": True, "password": NEW_PASSWORD},
    "create_docker_user": lambda world: {
        "username": f"{world.docker_user}.new",
        "password": PASSWORD,
    },
    "change_docker_user": lambda _: {"description": "changed", "disabled": True},
    "change_docker_user_password": lambda _: {"password": NEW_PASSWORD},
    "create_namespace": lambda world: {"name": f"{world.namespace}.new", "visibility": "private"},
    "change_namespace": lambda _: {"visibility": "public", "description": "changed"},
    "change_docker_user_grant": lambda _: {"hidden": True},
    "put_grant": lambda _: {"permission": "push"},
    "put_namespace_rules": lambda _: {"immutable_tags": ["v*"], "retention_enabled": False},
    "put_repository_rules": lambda _: {"retention": [{"tags": "*", "keep_last": 10}]},
    "post_namespace_rules_preview": lambda _: {"retention": [{"tags": "v*", "keep_last": 1}]},
    "post_repository_rules_preview": lambda _: {"retention": [{"tags": "*", "keep_last": 10}]},
    "create_repository": lambda world: {"namespace": world.namespace, "name": "new"},
    "copy_image": lambda world: {"source": f"{world.path}:{world.tag}", "tag": "copied"},
    "delete_images": lambda world: {"tags": [world.tag]},
    "restore_from_trash": lambda _: {"tag": "v1-again"},
    "change_repository": lambda _: {"description": "changed"},
    "create_garbage_collection": lambda _: {"is_dry": True},
}
_QUERIES: dict[str, Values] = {
    "explain_access": lambda world: {
        "repository": world.path,
        "action": "pull",
        "docker_user": world.granted,
    },
    "list_pulls": lambda world: {"repository": world.path},
}


def _read() -> list[Operation]:
    documents = [json.loads((FOLDER / f"{service}.json").read_text()) for service in SERVICES]
    return [
        Operation(method, path, operation, document["components"]["schemas"])
        for document in documents
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


OPERATIONS = _read()
GUARDED = [operation for operation in OPERATIONS if not operation.is_public]
CHANGES = [operation for operation in GUARDED if operation.changes]
LISTS = [operation for operation in OPERATIONS if operation.is_list]
