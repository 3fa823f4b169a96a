"""Every list of the API, and SQL that adds and removes its items."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from tests.integration.api.operations import LISTS, Operation
from tests.integration.api.world import DIGEST, World

_SPACE = "(SELECT id FROM catalog.namespaces WHERE name = $3)"
_USER = "(SELECT id FROM catalog.docker_users WHERE username = $3)"
_REPOSITORY = "(SELECT id FROM catalog.repositories WHERE path = $3)"
_WHEN = "now() + $2::int * interval '1 second'"


@dataclass(frozen=True, slots=True)
class Kind:
    """The items of one list.

    ``key`` is the field with an item's name. The arguments of ``insert`` are the name, a number to
    sort by, and the result of ``parent``. The argument of ``delete`` is the name.
    """

    key: str
    insert: str
    delete: str
    parent: Callable[[World], object]

    async def add(self, database: asyncpg.Connection, world: World, name: str) -> None:
        """Insert an item at a random place of the list."""
        # With few different numbers, many items have equal sort keys.
        await database.execute(self.insert, name, random.randint(-5, 5), self.parent(world))

    async def remove(self, database: asyncpg.Connection, name: str) -> None:
        """Delete the item."""
        await database.execute(self.delete, name)


def _owner(world: World) -> object:
    return world.owner.id


_PREVIEWED = Kind(
    "tag",
    "INSERT INTO catalog.tags (name, repository_id, digest, pushed_at, pushed_by)"
    f" VALUES ($1, {_REPOSITORY}, '{DIGEST}', {_WHEN}, 'builder')",
    "DELETE FROM catalog.tags WHERE name = $1",
    lambda world: world.path,
)
KINDS = {
    **dict.fromkeys(
        (
            "get_namespace_rules_preview",
            "post_namespace_rules_preview",
            "get_repository_rules_preview",
            "post_repository_rules_preview",
        ),
        _PREVIEWED,
    ),
    "list_accounts": Kind(
        "username",
        "INSERT INTO catalog.accounts (username, password_hash, role, created_at)"
        f" SELECT $1, 'none', 'member', {_WHEN} WHERE $3 > 0",
        "DELETE FROM catalog.accounts WHERE username = $1",
        _owner,
    ),
    "list_docker_users": Kind(
        "username",
        "INSERT INTO catalog.docker_users (username, password_hash, created_at, account_id)"
        f" VALUES ($1, 'none', {_WHEN}, $3)",
        "DELETE FROM catalog.docker_users WHERE username = $1",
        _owner,
    ),
    "list_namespaces": Kind(
        "name",
        "INSERT INTO catalog.namespaces (name, visibility, created_at, account_id)"
        f" VALUES ($1, 'private', {_WHEN}, $3)",
        "DELETE FROM catalog.namespaces WHERE name = $1",
        _owner,
    ),
    "list_namespace_grants": Kind(
        "docker_user",
        "WITH u AS (INSERT INTO catalog.docker_users (username, password_hash, account_id)"
        " SELECT $1, 'none', account_id FROM catalog.namespaces WHERE name = $3 RETURNING id)"
        " INSERT INTO catalog.grants (namespace_id, docker_user_id, permission, created_at)"
        f" SELECT {_SPACE}, id, 'pull', {_WHEN} FROM u",
        "DELETE FROM catalog.docker_users WHERE username = $1",
        lambda world: world.namespace,
    ),
    "list_docker_user_grants": Kind(
        "namespace",
        "WITH n AS (INSERT INTO catalog.namespaces (name, visibility, account_id)"
        " SELECT $1, 'private', account_id FROM catalog.docker_users WHERE username = $3"
        " RETURNING id)"
        " INSERT INTO catalog.grants (namespace_id, docker_user_id, permission, created_at)"
        f" SELECT id, {_USER}, 'pull', {_WHEN} FROM n",
        "DELETE FROM catalog.namespaces WHERE name = $1",
        lambda world: world.docker_user,
    ),
    "list_repositories": Kind(
        "name",
        "INSERT INTO catalog.repositories"
        " (name, namespace_id, pull_count, created_at, last_pushed_at)"
        f" VALUES ($1, {_SPACE}, $2 + 5, {_WHEN}, CASE WHEN $2 > 0 THEN {_WHEN} END)",
        "DELETE FROM catalog.repositories WHERE name = $1",
        lambda world: world.namespace,
    ),
    "list_tags": Kind(
        "tag",
        "INSERT INTO catalog.tags"
        " (name, repository_id, digest, pushed_at, pushed_by, pull_count, last_pulled_at)"
        f" VALUES ($1, {_REPOSITORY}, '{DIGEST}', {_WHEN}, 'builder', $2 + 5,"
        f" CASE WHEN $2 > 0 THEN {_WHEN} END)",
        "DELETE FROM catalog.tags WHERE name = $1",
        lambda world: world.path,
    ),
    "list_trash": Kind(
        "path",
        "INSERT INTO catalog.trash"
        " (path, deleted_at, owner_id, kind, namespace, size_bytes, expires_at)"
        f" VALUES ($1, {_WHEN}, $3, 'repository', 'none', 0, now() + interval '1 hour')",
        "DELETE FROM catalog.trash WHERE path = $1",
        _owner,
    ),
    "list_tokens": Kind(
        "name",
        "INSERT INTO auth.access_tokens"
        " (id, name, created_at, docker_user_id, permission, secret_hash)"
        f" VALUES (gen_random_uuid(), $1, {_WHEN}, {_USER}, 'pull', uuid_send(gen_random_uuid()))",
        "DELETE FROM auth.access_tokens WHERE name = $1",
        lambda world: world.docker_user,
    ),
    "list_api_keys": Kind(
        "name",
        "INSERT INTO auth.api_keys"
        " (id, name, created_at, account_id, credential_version, permission, secret_hash)"
        f" VALUES (gen_random_uuid(), $1, {_WHEN}, $3, 1, 'read', uuid_send(gen_random_uuid()))",
        "DELETE FROM auth.api_keys WHERE name = $1",
        _owner,
    ),
    "list_audit": Kind(
        "target",
        "WITH one AS (INSERT INTO auth.audit_entries (target, action, at, account_id, account)"
        f" SELECT $1, 'a.b', {_WHEN}, id, username FROM catalog.accounts"
        " WHERE id = $3 AND $2::int % 2 = 0)"
        " INSERT INTO catalog.audit_entries (target, action, at, account_id, account)"
        f" SELECT $1, 'a.b', {_WHEN}, id, username FROM catalog.accounts"
        " WHERE id = $3 AND $2::int % 2 <> 0",
        "WITH one AS (DELETE FROM auth.audit_entries WHERE target = $1)"
        " DELETE FROM catalog.audit_entries WHERE target = $1",
        _owner,
    ),
    "list_denials": Kind(
        "repository",
        "INSERT INTO auth.denials"
        " (namespace_id, docker_user_id, repository, action, rule, occurrences, since, last_at)"
        f" VALUES ({_SPACE}, 0, $1, 'pull', 'anonymous', 1, {_WHEN}, {_WHEN})",
        "DELETE FROM auth.denials WHERE repository = $1",
        lambda world: world.namespace,
    ),
    "list_dead_letters": Kind(
        "reason",
        "INSERT INTO events.dead_letters (reason, received_at, raw, raw_hash)"
        f" SELECT $1, {_WHEN}, '', uuid_send(gen_random_uuid()) WHERE $3 > 0",
        "DELETE FROM events.dead_letters WHERE reason = $1",
        _owner,
    ),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A list in one of its orders. ``sort`` is None if it has only one order."""

    operation: Operation
    sort: str | None

    @property
    def kind(self) -> Kind:
        """The kind of the items."""
        return KINDS[self.operation.id]

    @property
    def query(self) -> dict[str, str]:
        """The query that selects this order."""
        return {} if self.sort is None else {"sort": self.sort}

    def __str__(self) -> str:
        return f"{self.operation.id} {self.sort or ''}".strip()


def _orders(operation: Operation) -> list[Order]:
    sort = operation.parameters("query").get("sort")
    return (
        [Order(operation, name) for name in sort["schema"]["enum"]]
        if sort
        else [Order(operation, None)]
    )


ORDERS = [order for operation in LISTS for order in _orders(operation)]
