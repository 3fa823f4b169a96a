"""``GET /v2/_catalog``: the repositories that a Docker user can pull, page by page."""

import json
import random
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.db.pool import Pool
from services.auth.access.domain import Permission
from services.auth.access.queries import list_permissions
from services.auth.credentials.queries import find_by_username
from services.catalog.oci.listings.domain import PageRequest
from services.catalog.oci.listings.usecases import list_repositories
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.test_tag_lists import LINK
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token

WORLDS = 200
NAMESPACES = 10_000
FEW = 5
"""Private namespaces in which the Docker user of the large catalog has a grant."""
_USERS = ("dev", "ops", "disabled", "of-disabled", "")
_NAMES = ("a", "a-b", "a.b", "a_b", "a0", "ab", "b", "b-0", "team", "team-x", "z9")
_REPOSITORIES = ("a", "a-b", "a/b", "a.b", "app", "b/c/d", "z")


def token_headers(
    registry: RegistryUnderTest, user: str, scope: str = "registry:catalog:list"
) -> dict[str, str]:
    """Return the header of a request with a token of ``user``."""
    return {"Authorization": f"Bearer {sign_registry_token(registry.key, user, scope)}"}


async def test_lists_follow_visibility_and_grants(
    anonymous: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest
) -> None:
    world = _World(random.Random(7))
    await world.write(emptied)
    for user in _USERS:
        headers = token_headers(registry, user)
        whole = await anonymous.get("/v2/_catalog", headers=headers)
        assert whole.status_code == 200
        assert whole.json() == {"repositories": world.readable(user)}
        assert whole.headers["content-type"] == "application/json"
        assert whole.headers["docker-distribution-api-version"] == "registry/2.0"
        assert "link" not in whole.headers
        paged: list[str] = []
        target = "/v2/_catalog?n=3"
        while target:
            answer = await anonymous.get(target, headers=headers)
            paged += answer.json()["repositories"]
            match = LINK.fullmatch(answer.headers.get("link", ""))
            target = match["target"] if match else ""
        assert paged == world.readable(user)
    deleted = await anonymous.get("/v2/_catalog", headers=token_headers(registry, "gone"))
    assert deleted.json() == {"repositories": []}


async def test_numbers_and_methods_are_those_of_tag_lists(
    anonymous: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest
) -> None:
    world = _World(random.Random(7))
    await world.write(emptied)
    headers = token_headers(registry, "dev")
    none = await anonymous.get("/v2/_catalog?n=0", headers=headers)
    assert none.json() == {"repositories": []}
    assert "link" not in none.headers
    wrong = await anonymous.get("/v2/_catalog?n=-1", headers=headers)
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["code"] == "PAGINATION_NUMBER_INVALID"
    many = await anonymous.get("/v2/_catalog?n=100000", headers=headers)
    assert many.json() == {"repositories": world.readable("dev")}
    head = await anonymous.head("/v2/_catalog?n=2", headers=headers)
    get = await anonymous.get("/v2/_catalog?n=2", headers=headers)
    assert head.status_code == 200
    assert head.headers["link"] == get.headers["link"]


@pytest.mark.registry_versions
async def test_list_needs_its_own_token_which_opens_nothing_at_the_registry(
    anonymous: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest
) -> None:
    refused: tuple[dict[str, str], ...] = (
        {},
        {"Authorization": "Bearer x"},
        token_headers(registry, "dev", "repository:team/app:pull"),
        token_headers(registry, "dev", "repository:catalog:list"),
        token_headers(registry, "dev", "registry:catalogs:list"),
        token_headers(registry, "dev", "registry:catalog:pull"),
    )
    async with httpx.AsyncClient(base_url=registry.url, trust_env=False) as direct:
        for headers in refused:
            ours = await anonymous.get("/v2/_catalog", headers=headers)
            theirs = await direct.get("/v2/_catalog", headers=headers)
            assert ours.status_code == theirs.status_code == 401
            challenge = ours.headers["www-authenticate"].replace("localhost", "gateway.invalid")
            assert challenge == theirs.headers["www-authenticate"]
            assert ours.json() == theirs.json()
        closed = await direct.get("/v2/_catalog", headers=token_headers(registry, "dev"))
        assert closed.status_code == 401
    assert (await anonymous.get("/v2/_catalog", headers=token_headers(registry, "dev"))).json() == {
        "repositories": []
    }


class _World:
    """A random world: namespaces, their repositories, Docker users, and grants."""

    def __init__(self, chance: random.Random) -> None:
        self.namespaces = {
            name: (chance.choice(("public", "private")), chance.random() < 0.1)
            for name in chance.sample(_NAMES, chance.randrange(len(_NAMES) + 1))
        }
        self.repositories = [
            (namespace, name, chance.choices(("empty", "active", "deleting"), (1, 4, 1))[0])
            for namespace in self.namespaces
            for name in chance.sample(_REPOSITORIES, chance.randrange(len(_REPOSITORIES) + 1))
        ]
        self.grants = [
            (namespace, user, chance.choice(("pull", "push", "delete")))
            for namespace in self.namespaces
            for user in _USERS
            if user and chance.random() < 0.3
        ]

    async def write(self, database: Database | asyncpg.Connection) -> None:
        """Replace the content of the database."""
        for table in ("repositories", "grants", "namespaces", "docker_users", "accounts"):
            await database.execute(f"DELETE FROM catalog.{table}")
        await database.execute(
            "INSERT INTO catalog.accounts (username, password_hash, role, disabled)"
            " VALUES ('acme', 'x', 'member', false), ('closed', 'x', 'member', true)"
        )
        await database.execute(
            "INSERT INTO catalog.docker_users (account_id, username, password_hash, disabled)"
            " SELECT a.id, u.username, 'x', u.username = 'disabled'"
            " FROM unnest($1::text[]) AS u (username) JOIN catalog.accounts a"
            " ON a.username = CASE WHEN u.username = 'of-disabled' THEN 'closed' ELSE 'acme' END",
            [user for user in _USERS if user],
        )
        await database.execute(
            "INSERT INTO catalog.namespaces (account_id, name, visibility, deleting)"
            " SELECT a.id, n.* FROM catalog.accounts a,"
            " unnest($1::text[], $2::text[], $3::boolean[]) AS n WHERE a.username = 'acme'",
            list(self.namespaces),
            [visibility for visibility, _ in self.namespaces.values()],
            [deleting for _, deleting in self.namespaces.values()],
        )
        await database.execute(
            "INSERT INTO catalog.repositories (namespace_id, name, status)"
            " SELECT n.id, r.name, r.status"
            " FROM unnest($1::text[], $2::text[], $3::text[]) AS r (namespace, name, status)"
            " JOIN catalog.namespaces n ON n.name = r.namespace",
            *([row[column] for row in self.repositories] for column in range(3)),
        )
        await database.execute(
            "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
            " SELECT n.id, u.id, g.permission"
            " FROM unnest($1::text[], $2::text[], $3::text[]) AS g (namespace, name, permission)"
            " JOIN catalog.namespaces n ON n.name = g.namespace"
            " JOIN catalog.docker_users u ON u.username = g.name",
            *([row[column] for row in self.grants] for column in range(3)),
        )

    def readable(self, user: str) -> list[str]:
        """Return what ``user`` can pull, by the rules of spec 2."""
        if user in ("disabled", "of-disabled"):
            return []
        granted = {namespace for namespace, name, _ in self.grants if name == user}
        return sorted(
            f"{namespace}/{name}"
            for namespace, name, status in self.repositories
            if status != "deleting"
            and not self.namespaces[namespace][1]
            and (self.namespaces[namespace][0] == "public" or namespace in granted)
        )


async def test_a_docker_user_sees_exactly_what_it_can_pull_in_random_worlds(
    anonymous: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    listed = 0
    headers = {user: token_headers(registry, user) for user in _USERS}
    connection = await asyncpg.connect(emptied.urls["owner"])
    auth = db.create_engine(emptied.urls["auth"], application_name="tests")
    for number in range(WORLDS):
        chance = random.Random(f"{seed}-{number}")
        world = _World(chance)
        await world.write(connection)
        for user in _USERS:
            expected = world.readable(user)
            assert await _allowed(auth, user, world) == expected, (seed, number, user)
            limit = chance.choice((1, 3, 7, 1000))
            found: list[str] = []
            target = f"/v2/_catalog?n={limit}"
            while target:
                entries, target = await _page(anonymous, target, headers[user])
                assert len(entries) <= limit
                found += entries
            assert found == expected, (seed, number, user, limit)
            last = _text_between(chance, expected)
            query = urlencode({"n": limit, "last": last})
            entries, _ = await _page(anonymous, f"/v2/_catalog?{query}", headers[user])
            after = [path for path in expected if path > last]
            assert entries == after[:limit], (seed, number, user, limit, last)
            listed += len(expected)
    await auth.dispose()
    await connection.close()
    assert listed > WORLDS


async def _page(
    client: httpx.AsyncClient, target: str, headers: dict[str, str]
) -> tuple[list[str], str]:
    """Return the paths of a page, and the address of the next one, or ""."""
    answer = await client.get(target, headers=headers)
    assert answer.status_code == 200, answer.text
    link = LINK.fullmatch(answer.headers.get("link", ""))
    return answer.json()["repositories"], link["target"] if link else ""


async def _allowed(auth: AsyncEngine, user: str, world: "_World") -> list[str]:
    """Return the repositories from which the auth service lets ``user`` pull.

    Repositories that are being deleted are left out. No token is issued for them, because their
    names are reserved, and the world has no reserved names.
    """
    async with auth.connect() as tx:
        found = await find_by_username(tx, kind="docker_user", username=user) if user else None
        if user and (found is None or found.disabled):
            return []
        names = list(world.namespaces)
        permissions = await list_permissions(
            tx, docker_user_id=None if found is None else found.id, namespaces=names
        )
    return sorted(
        f"{namespace}/{name}"
        for namespace, name, status in world.repositories
        if status != "deleting" and permissions.get(namespace, Permission.NONE) >= Permission.PULL
    )


def _text_between(chance: random.Random, paths: list[str]) -> str:
    """Return a position in the list: a path, a part of one, or one that does not exist."""
    path = chance.choice(paths or ["team/app"])
    cut = path[: chance.randrange(len(path) + 1)]
    return chance.choice((path, cut, cut + "~", cut + "-", cut + "/", "", "~"))


@pytest.fixture(scope="module")
async def large(database: Database) -> AsyncIterator[AsyncEngine]:
    """A catalog of 10,000 namespaces with 20,000 repositories.

    Half of the namespaces are public. `few` has grants in 5 of the private namespaces, `many` in
    all of them, and `none` in none.
    """
    await database.empty()
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('o', 'x', 'member')"
    )
    await database.execute(
        "INSERT INTO catalog.docker_users (account_id, username, password_hash)"
        " SELECT id, unnest(ARRAY['few', 'many', 'none']), 'x' FROM catalog.accounts"
    )
    await database.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT a.id, 'space-' || lpad(i::text, 5, '0'),"
        " CASE WHEN i % 2 = 0 THEN 'public' ELSE 'private' END"
        f" FROM catalog.accounts a, generate_series(1, {NAMESPACES}) i"
    )
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, status)"
        " SELECT n.id, 'app' || i, 'active' FROM catalog.namespaces n, generate_series(1, 2) i"
    )
    for name, limit in (("few", FEW), ("many", NAMESPACES)):
        await database.execute(
            "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
            " SELECT n.id, u.id, 'pull' FROM catalog.namespaces n, catalog.docker_users u"
            " WHERE u.username = $1 AND n.visibility = 'private'"
            " ORDER BY n.id % 997, n.id LIMIT $2",
            name,
            limit,
        )
    for table in ("namespaces", "repositories", "grants", "docker_users"):
        await database.execute(f"VACUUM ANALYZE catalog.{table}")
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield engine
    await engine.dispose()
    await database.empty()


async def _cost(tx: Any, user: str, last: str, limit: int) -> int:
    """Return how many buffers of the database a page takes."""
    rows = await tx.execute(
        sa.text(
            "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM catalog.list_readable_repositories("
            "(SELECT id FROM catalog.docker_users WHERE username = :user), :last, :limit)"
        ),
        {"user": user, "last": last, "limit": limit},
    )
    text = "\n".join(rows.scalars())
    found = re.search(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", text)
    assert found is not None, text
    return int(found[1]) + int(found[2] or 0)


@pytest.mark.parametrize(("user", "bound"), [("none", 80), ("few", 120), ("many", 700)])
async def test_page_1000_costs_what_page_1_does(large: AsyncEngine, user: str, bound: int) -> None:
    async with large.connect() as tx:
        # PostgreSQL replaces the plan of a statement after it has run a few times
        for last in ("", "space-05000/app1", "space-05001/app1", "space-09900/app2"):
            for _ in range(7):
                cost = await _cost(tx, user, last, 11)
            assert cost <= bound, (last, cost)


async def test_a_few_grants_among_many_private_namespaces_cost_little(
    database: Database, large: AsyncEngine
) -> None:
    await database.execute("UPDATE catalog.namespaces SET visibility = 'private'")
    pool = Pool(database.urls["catalog"], application_name="tests", size=1)
    found = await list_repositories(pool=pool, docker_user="few", page=PageRequest(100, ""))
    await pool.close()
    assert len(json.loads(found.encoded)) == 2 * FEW
    async with large.connect() as tx:
        assert await _cost(tx, "few", "", 1001) <= 100


async def test_empty_namespaces_with_grants_cost_little(
    database: Database, large: AsyncEngine
) -> None:
    await database.execute("UPDATE catalog.namespaces SET visibility = 'private'")
    await database.execute("DELETE FROM catalog.repositories")
    await database.execute(
        "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
        " SELECT n.id, u.id, 'pull' FROM catalog.namespaces n, catalog.docker_users u"
        " WHERE u.username = 'many' ON CONFLICT DO NOTHING"
    )
    for table in ("namespaces", "repositories", "grants"):
        await database.execute(f"VACUUM ANALYZE catalog.{table}")
    async with large.connect() as tx:
        assert await _cost(tx, "many", "", 11) <= 5_000
