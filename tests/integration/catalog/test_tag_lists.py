"""``GET /v2/<name>/tags/list``: the tags of the catalog, page by page, in byte order."""

import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest

from libs.common.db.pool import Pool
from services.catalog.oci.listings.domain import PageRequest
from services.catalog.oci.listings.queries import FoundTags, find_tags
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.test_token_verification import normal
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import make_image

TAGS = ("1.0", "A", "Z", "_x", "a", "a-b", "a.b", "aa", f"sha256-{'0' * 64}", "z")
"""Tags in byte order. In the order of a language, `a` comes before `Z`."""
LINK = re.compile(r"<(?P<target>/v2/[^>]+)>; rel=\"next\"")


class Lists:
    """Requests lists of one repository with a token that may pull from it."""

    def __init__(self, http: httpx.AsyncClient, registry: RegistryUnderTest, path: str) -> None:
        self.http = http
        self.path = path
        token = sign_registry_token(registry.key, "alice", f"repository:{path}:pull")
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, query: str = "", *, method: str = "GET") -> httpx.Response:
        """Request the list with ``query``."""
        return await self.http.request(
            method, f"/v2/{self.path}/tags/list{query}", headers=self.headers
        )

    async def pages(self, query: str) -> list[list[str]]:
        """Return the tags of each page, by following the links."""
        target = f"/v2/{self.path}/tags/list{query}"
        pages = []
        while True:
            answer = await self.http.get(target, headers=self.headers)
            assert answer.status_code == 200, answer.text
            assert answer.json()["name"] == self.path
            pages.append(answer.json()["tags"])
            if "link" not in answer.headers:
                return pages
            match = LINK.fullmatch(answer.headers["link"])
            assert match is not None, answer.headers["link"]
            target = match["target"]


async def insert_repository(database: Database, path: str, tags: Sequence[str] = ()) -> None:
    """Insert a repository whose tags name one manifest. The namespace exists."""
    namespace, _, name = path.partition("/")
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, status)"
        " SELECT id, $2, 'active' FROM catalog.namespaces WHERE name = $1",
        namespace,
        name,
    )
    await database.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
        " SELECT id, 'sha256:' || repeat('a', 64), 'x', 1, now(), 'alice'"
        " FROM catalog.repositories WHERE path = $1",
        path,
    )
    await database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT r.id, t.name, 'sha256:' || repeat('a', 64), now(), 'alice'"
        " FROM catalog.repositories r, unnest($2::text[]) AS t (name) WHERE path = $1",
        path,
        list(tags),
    )


@asynccontextmanager
async def closing_pool(pool: Pool) -> AsyncIterator[None]:
    """Close the pool after the block, whose connections must be returned by then."""
    try:
        yield
    finally:
        await pool.close()


@pytest.fixture
def lists(anonymous: httpx.AsyncClient, registry: RegistryUnderTest, namespace: str) -> Lists:
    """The lists of a repository that does not exist yet."""
    return Lists(anonymous, registry, f"{namespace}/app")


async def test_tags_are_listed_in_byte_order_with_fallback_tags(
    emptied: Database, lists: Lists
) -> None:
    await insert_repository(emptied, lists.path, TAGS[::-1])
    answer = await lists.get()
    assert answer.status_code == 200
    assert answer.json() == {"name": lists.path, "tags": list(TAGS)}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
    assert "link" not in answer.headers


async def test_links_lead_through_all_pages(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    for n in (1, 3, len(TAGS) - 1, len(TAGS), 1000):
        pages = await lists.pages(f"?n={n}")
        assert [tag for page in pages for tag in page] == list(TAGS)
        assert all(len(page) == n for page in pages[:-1])
        assert len(pages) == -(-len(TAGS) // n)


async def test_list_starts_after_last_even_if_no_such_tag_exists(
    emptied: Database, lists: Lists
) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    for last in ("", "B", "a", "a.", "zz", "%00", "%ff", "x" * 3000, "a%22%3E"):
        answer = await lists.get(f"?last={last}&n=100")
        text = httpx.QueryParams(f"last={last}")["last"]
        expected = [tag for tag in TAGS if tag.encode() > text.encode()]
        assert answer.json()["tags"] == expected, last


async def test_zero_tags_are_an_empty_list_without_link(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    answer = await lists.get("?n=0")
    assert answer.json() == {"name": lists.path, "tags": []}
    assert "link" not in answer.headers


@pytest.mark.parametrize("n", ["-1", "x", "1.5", "%F0%9F%8E%89", "1%00", "%D9%A1"])
async def test_wrong_number_is_a_clear_error(emptied: Database, lists: Lists, n: str) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    answer = await lists.get(f"?n={n}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "PAGINATION_NUMBER_INVALID"
    assert error["message"].startswith("n: ")


async def test_long_list_is_bounded_and_linked(emptied: Database, lists: Lists) -> None:
    tags = sorted(f"v{number}" for number in range(10_001))
    await insert_repository(emptied, lists.path, tags)
    for query in ("", "?n=", "?n=20000", f"?n={'9' * 5000}"):
        first, second = await lists.pages(query)
        assert first == tags[:10_000]
        assert second == tags[10_000:]


async def test_head_has_the_headers_of_get(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    head, get = [await lists.get("?n=2", method=method) for method in ("HEAD", "GET")]
    assert head.status_code == 200
    for name in ("link", "content-type", "content-length", "docker-distribution-api-version"):
        assert head.headers[name] == get.headers[name]


async def test_empty_repository_has_no_tags_and_an_unknown_one_is_404(
    emptied: Database, lists: Lists, registry: RegistryUnderTest
) -> None:
    unknown = await lists.get()
    assert unknown.status_code == 404
    (error,) = unknown.json()["errors"]
    assert error["code"] == "NAME_UNKNOWN"
    assert lists.path in error["message"]
    await insert_repository(emptied, lists.path)
    assert (await lists.get()).json() == {"name": lists.path, "tags": []}


async def test_repository_that_is_being_deleted_is_unknown(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    await emptied.execute("UPDATE catalog.repositories SET status = 'deleting'")
    assert (await lists.get()).status_code == 404
    await emptied.execute("UPDATE catalog.repositories SET status = 'active'")
    await emptied.execute("UPDATE catalog.namespaces SET deleting = true")
    assert (await lists.get()).status_code == 404


async def test_tag_whose_deletion_is_open_is_not_listed(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    insert = (
        "INSERT INTO catalog.intents"
        " (kind, namespace, repository, digest, tags, leased_until, resolved_at)"
        " VALUES ($1, 'team', $2, '', $3, now() + interval '1 h', $4)"
    )
    now = (await emptied.fetch("SELECT now()"))[0][0]
    await emptied.execute(insert, "delete_tag", lists.path, ["a"], None)
    await emptied.execute(insert, "delete_manifest", lists.path, ["A", "z"], None)
    await emptied.execute(insert, "put_manifest", lists.path, ["Z"], None)
    await emptied.execute(insert, "delete_tag", lists.path, ["1.0"], now)
    await emptied.execute(insert, "delete_tag", f"{lists.path}/x", ["aa"], None)
    expected = [tag for tag in TAGS if tag not in ("a", "A", "z")]
    assert (await lists.get()).json()["tags"] == expected


async def test_list_follows_every_change_of_the_tags(emptied: Database, lists: Lists) -> None:
    """Each page is requested twice before each change, so that it is cached."""
    chance = random.Random(11)
    insert_intent = (
        "INSERT INTO catalog.intents (kind, namespace, repository, digest, tags, leased_until)"
        " VALUES ('delete_tag', 'team', $1, '', $2, now() + interval '1 h')"
    )
    in_repository = "repository_id = (SELECT id FROM catalog.repositories WHERE path = $1)"
    changes = {
        "add": "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT r.id, t.name, 'sha256:' || repeat('a', 64), now(), 'alice'"
        " FROM catalog.repositories r, unnest($2::text[]) AS t (name) WHERE path = $1"
        " ON CONFLICT (repository_id, name) DO UPDATE SET pushed_at = now()",
        "delete": f"DELETE FROM catalog.tags WHERE {in_repository} AND name = ANY($2)",
        "open": insert_intent,
        "delete all": f"DELETE FROM catalog.manifests WHERE {in_repository}",
        "resolve": "UPDATE catalog.intents SET resolved_at = now() WHERE repository = $1",
        "recreate": "DELETE FROM catalog.repositories WHERE path = $1",
    }
    weights = (30, 20, 5, 2, 5, 2)
    await insert_repository(emptied, lists.path, TAGS)
    for number in range(150):
        what = chance.choices(list(changes), weights)[0]
        names = chance.sample(TAGS, chance.randint(1, 3))
        more = [names] if "$2" in changes[what] else []
        await emptied.execute(changes[what], lists.path, *more)
        if what == "recreate":
            await insert_repository(emptied, lists.path, names)
        elif what == "delete all":
            await emptied.execute("DELETE FROM catalog.repositories WHERE path = $1", lists.path)
            await insert_repository(emptied, lists.path)
        rows = await emptied.fetch(
            f"SELECT name FROM catalog.tags WHERE {in_repository} AND name <> ALL("
            " SELECT unnest(tags) FROM catalog.intents WHERE resolved_at IS NULL)"
            ' ORDER BY name COLLATE "C"',
            lists.path,
        )
        expected = [row[0] for row in rows]
        for _ in range(2):
            assert (await lists.get()).json()["tags"] == expected, (number, what)
            second = (await lists.get("?n=2&last=A")).json()["tags"]
            assert second == [tag for tag in expected if tag > "A"][:2], (number, what)


async def test_list_of_unchanged_tags_is_not_read_again(emptied: Database, lists: Lists) -> None:
    await insert_repository(emptied, lists.path, TAGS)
    page = PageRequest(100, "")
    pool = Pool(emptied.urls["catalog"], application_name="test", size=1)
    async with closing_pool(pool), pool.connection() as connection:
        find = partial(find_tags, connection, repository=lists.path, page=page)
        first = await find(known=None)
        assert first is not None
        assert first.page is not None
        assert first.version is not None
        assert await find(known=first.version) == FoundTags(first.version, None)
        await emptied.execute("UPDATE catalog.tags SET pull_count = 5, pushed_at = now()")
        assert await find(known=first.version) == FoundTags(first.version, None)
        await emptied.execute("DELETE FROM catalog.tags WHERE name = 'a'")
        changed = await find(known=first.version)
        assert changed is not None
        assert changed.page is not None
        assert changed.version not in (None, first.version)


async def test_pushed_tag_is_listed_and_a_deleted_one_is_not(
    acme: httpx.AsyncClient, pusher: Pusher, registry: RegistryUnderTest, space: str
) -> None:
    path = f"{space}/app"
    await pusher.push(make_image(), path, "v1", "v2")
    lists = Lists(pusher.http, registry, path)
    assert (await lists.get()).json()["tags"] == ["v1", "v2"]
    deleted = await acme.delete(f"/api/v1/images/{path}:v1")
    assert deleted.status_code == 204
    assert (await lists.get()).json()["tags"] == ["v2"]


@pytest.mark.registry_versions
async def test_client_without_access_gets_the_challenge_of_the_registry(
    anonymous: httpx.AsyncClient, registry: RegistryUnderTest, namespace: str
) -> None:
    path = f"{namespace}/app"
    token = sign_registry_token(registry.key, "alice", f"repository:{path}x:pull,push")
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token}"}):
        ours = await anonymous.get(f"/v2/{path}/tags/list", headers=headers)
        async with httpx.AsyncClient(base_url=registry.url, trust_env=False) as direct:
            theirs = await direct.get(f"/v2/{path}/tags/list", headers=headers)
        assert ours.status_code == theirs.status_code == 401
        assert normal(ours.headers["www-authenticate"].replace("localhost", "gateway.invalid")) == (
            normal(theirs.headers["www-authenticate"])
        )
        assert ours.json() == theirs.json()


@pytest.mark.parametrize("name", ["team", "team/App", "team/a//b", "-/x", f"team/{'a' * 300}"])
async def test_invalid_name_is_a_clear_error(
    anonymous: httpx.AsyncClient, registry: RegistryUnderTest, name: str
) -> None:
    answer = await anonymous.get(f"/v2/{name}/tags/list")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "NAME_INVALID"
