"""Every API operation: anonymous, as another account, with API keys, and as the owner."""

import json
import re
import uuid
from typing import Any

import httpx
import pytest

from libs.common.security.secrets import new_secret
from tests.integration.api.installation import Installation, Person
from tests.integration.api.operations import ADMIN_ONLY, CHANGES, GUARDED, OPERATIONS, Operation
from tests.integration.api.world import World, make_world
from tests.kit.database import Database

_CALLERS_OWN = {
    "get_own_account",
    "change_own_password",
    "list_docker_users",
    "create_docker_user",
    "list_namespaces",
    "create_namespace",
    "list_repositories",
    "list_audit",
    "list_trash",
    "list_api_keys",
    "create_api_key",
    "delete_sessions",
    "delete_current_session",
}
"""Operations that name no object. They read or change only the caller's own objects."""
_CALLS_REGISTRY = {
    "copy_image",
    "delete_image_by_digest",
    "delete_image_by_tag",
    "restore_from_trash",
}
"""Operations that call the registry. It is unreachable here, so 503 means allowed."""
_UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
by_id = pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)
by_change = pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.id)


@pytest.fixture(scope="module")
async def shared_world(installation: Installation) -> World:
    """A world that all tests of this module share. They must not change it."""
    return await make_world(installation)


@pytest.fixture(scope="module")
async def admin_world(installation: Installation) -> World:
    """A shared world whose owner is an administrator."""
    return await make_world(installation, "admin")


async def rows_of(database: Database, account: Person) -> dict[str, list[Any]]:
    """Return the rows that belong to the account, without times of use."""
    users = "SELECT id FROM catalog.docker_users WHERE account_id = $1"
    spaces = "SELECT id FROM catalog.namespaces WHERE account_id = $1"
    repositories = f"SELECT id FROM catalog.repositories WHERE namespace_id IN ({spaces})"
    queries = {
        "accounts": "SELECT a::text FROM catalog.accounts a WHERE id = $1",
        "docker_users": "SELECT u::text FROM catalog.docker_users u WHERE account_id = $1",
        "namespaces": "SELECT n::text FROM catalog.namespaces n WHERE account_id = $1",
        "grants": "SELECT g::text FROM catalog.grants g"
        f" WHERE namespace_id IN ({spaces}) OR docker_user_id IN ({users})",
        "rules": "SELECT o::text FROM catalog.rules o"
        f" WHERE namespace_id IN ({spaces}) OR repository_id IN ({repositories})",
        "repositories": "SELECT r::text FROM catalog.repositories r"
        f" WHERE namespace_id IN ({spaces})",
        "tags": f"SELECT t::text FROM catalog.tags t WHERE repository_id IN ({repositories})",
        "manifests": "SELECT m::text FROM catalog.manifests m"
        f" WHERE repository_id IN ({repositories})",
        "trash": "SELECT e::text FROM catalog.trash e WHERE owner_id = $1",
        "tokens": f"SELECT id::text FROM auth.access_tokens WHERE docker_user_id IN ({users})",
        "api_keys": "SELECT id::text FROM auth.api_keys WHERE account_id = $1 AND name <> 'a key'",
        "sessions": "SELECT id::text FROM auth.sessions WHERE account_id = $1",
        "dead_letters": "SELECT count(*) FROM events.dead_letters WHERE $1 > 0",
    }
    return {
        name: [row[0] for row in await database.fetch(f"{query} ORDER BY 1", account.id)]
        for name, query in queries.items()
    }


@by_id
async def test_an_anonymous_client_is_refused(
    installation: Installation, shared_world: World, operation: Operation
) -> None:
    """Likewise a client with a token of no session, or with an unknown API key."""
    for token in (
        None,
        "nonsense",
        installation.signed_session(uuid.uuid4(), shared_world.owner.id),
        new_secret("mak_"),
    ):
        async with installation.client(token) as client:
            answer = await operation.call(client, shared_world)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (
                answer.text
            )
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith("Bearer")


@by_id
async def test_another_account_sees_nothing_of_the_owner_and_changes_nothing(
    installation: Installation, shared_world: World, operation: Operation
) -> None:
    before = await rows_of(installation.database, shared_world.owner)
    other = await installation.person(prefix="other")
    async with installation.client(other.token) as client:
        answer = await operation.call(client, shared_world)
    if operation.id in ADMIN_ONLY:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    elif operation.id not in _CALLERS_OWN:
        assert answer.status_code == 404, answer.text
    if answer.is_success:
        leaked = {name for name in shared_world.names_and_ids if f'"{name}"' in answer.text}
        assert not leaked
    assert await rows_of(installation.database, shared_world.owner) == before


@by_id
async def test_an_object_of_another_account_looks_like_one_that_does_not_exist(
    installation: Installation, shared_world: World, operation: Operation
) -> None:
    """Otherwise a client could find out which names other accounts use."""
    if operation.id in ADMIN_ONLY | _CALLERS_OWN:
        return
    other = await installation.person(prefix="other")
    absent = World(
        **{
            name: getattr(shared_world, name)
            for name in ("owner", "empty", "repository", "dead_letter", "token", "tag", "digest")
        },
        namespace="no-such-space",
        docker_user="no-such-robot",
        granted="no-such-grantee",
        token_id="00000000-0000-4000-8000-000000000000",
        key_id="00000000-0000-4000-8000-000000000000",
        trash_id=2**62,
        garbage_run=2**62,
    )
    async with installation.client(other.token) as client:
        answers = [(await operation.call(client, world)) for world in (shared_world, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    hidden = answers[0].text
    for mine, none in (
        (shared_world.namespace, absent.namespace),
        (shared_world.docker_user, absent.docker_user),
        (shared_world.granted, absent.granted),
    ):
        hidden = hidden.replace(mine, none)
    if operation.id == "delete_namespace":
        assert json.loads(hidden)["code"] == answers[1].json()["code"]
    else:
        assert json.loads(hidden) == answers[1].json()


@by_id
async def test_a_read_key_can_read_but_changes_nothing(
    installation: Installation, admin_world: World, operation: Operation
) -> None:
    before = await rows_of(installation.database, admin_world.owner)
    key = await installation.api_key(admin_world.owner.id, "read")
    async with installation.client(key) as client:
        answer = await operation.call(client, admin_world)
    if operation.changes:
        assert (answer.status_code, answer.json()["code"]) == (403, "read_only_key")
    else:
        assert answer.status_code == 200, answer.text
    assert await rows_of(installation.database, admin_world.owner) == before


@by_change
async def test_a_write_key_cannot_manage_credentials_accounts_or_sessions(
    installation: Installation, operation: Operation
) -> None:
    world = await make_world(installation, "admin")
    before = await rows_of(installation.database, world.owner)
    key = await installation.api_key(world.owner.id, "write")
    async with installation.client(key) as client:
        answer = await operation.call(client, world)
    if operation.needs_session:
        assert (answer.status_code, answer.json()["code"]) == (403, "session_required")
        assert await rows_of(installation.database, world.owner) == before
    else:
        assert _is_allowed(operation, answer), answer.text


def _is_allowed(operation: Operation, answer: httpx.Response) -> bool:
    if operation.id in _CALLS_REGISTRY:
        return (answer.status_code, answer.json()["code"]) == (503, "registry_unavailable")
    return answer.is_success


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_the_owner_succeeds_and_a_created_object_has_a_location(
    installation: Installation, operation: Operation
) -> None:
    """This proves that the refusals above do not come from invalid arguments."""
    if operation.path == "/token":
        return
    world = await make_world(installation, "admin")
    await installation.person("admin")  # the owner must not be the last administrator
    async with installation.client(world.owner.token) as client:
        answer = await operation.call(client, world)
        assert _is_allowed(operation, answer), answer.text
        assert str(answer.status_code) in operation.document["responses"]
        assert all(
            re.fullmatch(_UTC, time) for time in _times(answer.json() if answer.content else None)
        )
        if answer.status_code == 201:
            assert answer.headers["location"].startswith("/api/v1/")
        if answer.status_code == 201 and "get" in _methods_at(answer.headers["location"]):
            assert (await client.get(answer.headers["location"])).status_code == 200


def _times(value: Any, name: str = "") -> list[str]:
    """Return the values of the time fields of a response."""
    if isinstance(value, dict):
        return [time for key, item in value.items() for time in _times(item, key)]
    if isinstance(value, list):
        return [time for item in value for time in _times(item)]
    return [value] if value is not None and (name == "at" or name.endswith("_at")) else []


def _methods_at(location: str) -> set[str]:
    parts = location.count("/")
    nouns = (
        "/api/v1/docker-users/",
        "/api/v1/namespaces/",
        "/api/v1/accounts/",
        "/api/v1/repositories/",
    )
    return (
        {"get"}
        if location.startswith(nouns) and (parts == 4 or "repositories" in location)
        else set()
    )


def test_the_lists_of_operations_name_only_existing_ones() -> None:
    names = {operation.id for operation in OPERATIONS}
    assert names >= ADMIN_ONLY | _CALLERS_OWN | _CALLS_REGISTRY
    assert not ADMIN_ONLY & _CALLERS_OWN
