"""Isolation of accounts across routes.

Children of another parent, names that nearly match, removed roles, fields that clients must not
set, and secrets that no response or log may contain.
"""

import contextlib
import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from libs.common.web.logging import configure
from tests.integration.api.installation import HASH, PASSWORD, Installation
from tests.integration.api.operations import ADMIN_ONLY, GUARDED, LISTS, OPERATIONS, Operation
from tests.integration.api.world import World, make_world

WITH_BODY = [
    operation
    for operation in OPERATIONS
    if "requestBody" in operation.document and operation.path != "/token"
]
WITH_NAMES = [operation for operation in GUARDED if operation.parameters("path")]
SORTED = [operation for operation in LISTS if "sort" in operation.parameters("query")]
ANOTHER_DIGEST = "sha256:" + "b" * 64
FORBIDDEN_FIELDS = {
    "role": "admin",
    "account": "admin",
    "account_id": 1,
    "owner": "admin",
    "disabled": False,
    "id": 1,
    "kind": "access",
    "secret": "mine",
    "password_hash": "x",
    "credential_version": 9,
    "pull_count": 10**6,
    "created_at": "2020-01-01T00:00:00Z",
    "status": "active",
    "__proto__": {},
}


def ids(operation: Operation) -> str:
    return operation.id


async def test_a_child_is_not_reachable_through_another_parent(
    installation: Installation, world: World
) -> None:
    """Even if the caller owns both parents. Harbor had this fault (CVE-2022-31667)."""
    second = await make_world(installation)
    database = installation.database
    for table in ("docker_users", "namespaces"):
        await database.execute(
            f"UPDATE catalog.{table} SET account_id = $1 WHERE account_id = $2",
            world.owner.id,
            second.owner.id,
        )
    async with installation.client(world.owner.token) as client:
        for method, path in (
            ("DELETE", f"/api/v1/docker-users/{world.docker_user}/tokens/{second.token_id}"),
            ("DELETE", f"/api/v1/namespaces/{world.namespace}/grants/{second.granted}"),
            ("GET", f"/api/v1/images/{world.namespace}/{second.namespace}/{second.repository}"),
            ("GET", f"/api/v1/images/{world.empty}/{world.repository}"),
            ("GET", f"/api/v1/images/{world.empty}/{world.repository}:{world.tag}"),
            ("GET", f"/api/v1/images/{world.empty}/{world.repository}@{world.digest}"),
            ("GET", f"/api/v1/repositories/{world.empty}/{world.repository}"),
            ("PATCH", f"/api/v1/repositories/{world.empty}/{world.repository}"),
        ):
            answer = await client.request(
                method, path, json={"description": "x"} if method == "PATCH" else None
            )
            assert answer.status_code == 404, path
        tokens = (await client.get(f"/api/v1/docker-users/{second.docker_user}/tokens")).json()[
            "items"
        ]
        assert [token["id"] for token in tokens] == [second.token_id]
        grants = (await client.get(f"/api/v1/namespaces/{second.namespace}/grants")).json()["items"]
        assert [grant["docker_user"] for grant in grants] == [second.granted]


async def test_an_image_is_found_only_in_its_own_repository(
    installation: Installation, world: World
) -> None:
    database = installation.database
    (space,) = await database.fetch(
        "SELECT id FROM catalog.namespaces WHERE name = $1", world.namespace
    )
    (second,) = await database.fetch(
        "INSERT INTO catalog.repositories (namespace_id, name) VALUES ($1, 'other') RETURNING id",
        space["id"],
    )
    await database.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
        " VALUES ($1, $2, 'application/vnd.oci.image.manifest.v1+json', 7, now(), 'builder')",
        second["id"],
        ANOTHER_DIGEST,
    )
    await database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " VALUES ($1, 'only-here', $2, now(), 'builder')",
        second["id"],
        ANOTHER_DIGEST,
    )
    async with installation.client(world.owner.token) as client:
        for reference in (f"@{ANOTHER_DIGEST}", ":only-here"):
            assert (
                await client.get(f"/api/v1/images/{world.namespace}/other{reference}")
            ).status_code == 200
            assert (await client.get(f"/api/v1/images/{world.path}{reference}")).status_code == 404


@pytest.mark.parametrize("operation", WITH_NAMES, ids=ids)
async def test_a_name_that_nearly_matches_finds_no_object(
    installation: Installation, world: World, operation: Operation
) -> None:
    """Prefixes, longer names, other cases, patterns, and names that are encoded twice."""
    admin = await installation.person("admin")
    good = operation.url(world)
    names = [
        name
        for parameter, name in operation.names(world).items()
        if not re.fullmatch(r"[0-9]+|sha256:.*|[0-9a-f-]{36}", name)
        # A copy creates the repository, as a push does.
        and (operation.id, parameter) != ("copy_image", "repository")
    ]
    async with installation.client(admin.token) as client:
        for name in names:
            wrong = (
                name.upper(),
                name[:-1],
                f"{name}x",
                f"{name}%20",
                f"%20{name}",
                f"{name}%00",
                f"{name}%0A",
                f"{name}%252F",
                "*",
                "%25",
            )
            for other in (*wrong, f"{name[:-1]}%3F", f"{name[:-1]}_", "a" * 256, "%E5%90%8D"):
                path = (
                    good.replace(f"/{name}", f"/{other}", 1)
                    if f"/{name}" in good
                    else good.replace(f":{name}", f":{other}")
                )
                answer = await client.request(
                    operation.method.upper(), path, json=operation.body(world)
                )
                assert answer.status_code in (404, 405, 422), (path, answer.text)


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids)
async def test_the_error_names_a_field_that_clients_must_not_set(
    installation: Installation, world: World, operation: Operation
) -> None:
    admin = await installation.person("admin")
    known = operation.fields()
    async with installation.client(admin.token) as client:
        for field, value in FORBIDDEN_FIELDS.items():
            if field in known:
                continue
            answer = await client.request(
                operation.method.upper(),
                operation.url(world),
                json=operation.body(world) | {field: value},
            )
            assert answer.status_code == 422, answer.text
            assert [item["field"] for item in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("operation", SORTED, ids=ids)
async def test_a_list_cannot_be_sorted_by_a_hidden_field(
    installation: Installation, world: World, operation: Operation
) -> None:
    async with installation.client(world.owner.token) as client:
        for sort in (
            "password_hash",
            "-secret_hash",
            "id",
            "account_id",
            "namespace_id",
            "name;",
            "name desc",
            "--name",
            "",
            "NAME",
        ):
            answer = await client.get(operation.url(world), params={"sort": sort})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sort")


@pytest.mark.parametrize(
    "operation", [item for item in LISTS if "q" in item.parameters("query")], ids=ids
)
async def test_a_search_does_not_match_hidden_fields_or_patterns(
    installation: Installation, world: World, operation: Operation
) -> None:
    admin = await installation.person("admin")
    async with installation.client(admin.token) as client:
        for text in (HASH, "argon2id", str(world.owner.id) + "0000", "%", "_____", "\\"):
            assert (await client.get(operation.url(world), params={"q": text})).json()[
                "items"
            ] == [], text


async def test_sessions_and_keys_lose_the_role_that_their_account_loses(
    installation: Installation,
) -> None:
    """A credential never has more permissions than its account has now."""
    world = await make_world(installation, "admin")
    bearers = [
        world.owner.token,
        await installation.api_key(world.owner.id, "read"),
        await installation.api_key(world.owner.id, "write"),
    ]
    reads = [
        operation
        for operation in OPERATIONS
        if operation.id in ADMIN_ONLY and not operation.changes
    ]
    for status, role in ((200, "admin"), (403, "member")):
        await installation.database.execute(
            "UPDATE catalog.accounts SET role = $1 WHERE id = $2", role, world.owner.id
        )
        for bearer in bearers:
            async with installation.client(bearer) as client:
                assert {
                    (await operation.call(client, world)).status_code for operation in reads
                } == {status}


async def test_an_api_key_can_read_docker_users_but_not_create_change_or_delete_them(
    installation: Installation,
) -> None:
    """A Docker user is a credential that outlives the key (spec 4)."""
    world = await make_world(installation)
    users = "SELECT u::text FROM catalog.docker_users u WHERE account_id = $1 ORDER BY 1"
    before = await installation.database.fetch(users, world.owner.id)
    path = f"/api/v1/docker-users/{world.docker_user}"
    new = {"username": f"{world.docker_user}.new", "password": PASSWORD}
    key = await installation.api_key(world.owner.id, "write")
    async with installation.client(key) as client:
        for answer in (
            await client.post("/api/v1/docker-users", json=new),
            await client.patch(path, json={"token_login": True}),
            await client.patch(path, json={"disabled": False}),
            await client.patch(path, json={"description": "changed by a key"}),
            await client.delete(path),
            await client.delete("/api/v1/docker-users/no-such-robot"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "session_required")
        for readable in (path, f"{path}/grants", "/api/v1/docker-users"):
            assert (await client.get(readable)).status_code == 200
    assert await installation.database.fetch(users, world.owner.id) == before
    async with installation.client(world.owner.token) as client:
        assert (await client.post("/api/v1/docker-users", json=new)).status_code == 201


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids)
async def test_a_refused_password_is_in_no_response_log_or_audit_entry(
    installation: Installation, world: World, operation: Operation, log: io.StringIO
) -> None:
    marker = "wr0ng-SECRET"
    secret_fields = [name for name in operation.fields() if "password" in name]
    bad: list[Any] = [marker[:7], [marker], {"value": marker}, marker * 20, f"{marker}\n"]
    async with installation.client(world.owner.token) as client:
        for field in secret_fields:
            for value in bad:
                answer = await client.request(
                    operation.method.upper(),
                    operation.url(world),
                    json=operation.body(world) | {field: value},
                )
                assert answer.status_code >= 400
                assert marker[:7] not in answer.text
        answer = await client.request(
            operation.method.upper(),
            operation.url(world),
            json=operation.body(world) | {"passwort": marker},
        )
        assert marker not in answer.text
    logged = log.getvalue()
    assert operation.url(world) in logged
    assert marker[:7] not in logged
    assert world.owner.token not in logged
    rows = await installation.database.fetch(
        "SELECT a::text FROM catalog.audit_entries a"
        " UNION ALL SELECT a::text FROM auth.audit_entries a"
    )
    assert not [row for row in rows if marker[:7] in row[0]]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of the services during the test, in the format of a service."""
    written, root = io.StringIO(), logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    with contextlib.redirect_stdout(written):
        configure("catalog", "debug")
    structlog.configure(cache_logger_on_first_use=False)
    yield written
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


async def test_a_failed_statement_is_logged_without_its_values(
    installation: Installation, log: io.StringIO
) -> None:
    person = await installation.person()
    role, database = f"{installation.database.name}_catalog", installation.database
    body = {"username": "unlucky-robot", "password": PASSWORD, "description": "a private matter"}
    await database.execute(f"REVOKE INSERT ON catalog.docker_users FROM {role}")
    try:
        async with installation.client(person.token) as client:
            answer = await client.post("/api/v1/docker-users", json=body)
    finally:
        await database.execute(f"GRANT INSERT ON catalog.docker_users TO {role}")
    logged = log.getvalue()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "permission denied" in logged
    for hidden in (PASSWORD, "$argon2id$", "a private matter", person.token):
        assert hidden not in logged
        assert hidden not in answer.text
    assert "permission denied" not in answer.text
    assert "docker_users" not in answer.text
