"""Lists, in each of their orders: whole, reversed, and steady while items come and go."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.integration.api.installation import Installation
from tests.integration.api.listed import ORDERS, Kind, Order
from tests.integration.api.operations import LISTS
from tests.integration.api.world import World, make_world

ITEMS = 12
by_order = pytest.mark.parametrize("order", ORDERS, ids=str)
REVERSIBLE = [order for order in ORDERS if order.sort and not order.sort.startswith("-")]


@pytest.fixture(scope="module")
async def database(installation: Installation) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(installation.database.urls["owner"])
    yield connection
    await connection.close()


class Listed:
    """A list with items whose names nobody else has, as its pages show them to an account that may see it."""

    def __init__(
        self, database: asyncpg.Connection, client: httpx.AsyncClient, world: World, order: Order
    ) -> None:
        self._database, self.client, self._world, self._order = database, client, world, order
        self._prefix = f"item{secrets.token_hex(4)}-"

    @property
    def kind(self) -> Kind:
        return self._order.kind

    @property
    def url(self) -> str:
        return self._order.operation.url(self._world)

    async def add(self) -> str:
        name = self._prefix + secrets.token_hex(4)
        await self.kind.add(self._database, self._world, name)
        return name

    async def remove(self, name: str) -> None:
        await self.kind.remove(self._database, name)

    async def page(self, url: str | None = None, **query: Any) -> tuple[list[str], str | None]:
        """The test's items of one page, in its order, and the address of the next one."""
        if self._order.operation.id == "list_accounts":
            query["q"] = self._prefix  # there are many more
        answer = await (
            self.client.get(url)
            if url
            else self.client.get(self.url, params=self._order.query | query)
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        following: str | None = answer.links.get("next", {}).get("url")
        assert (body["next_cursor"] is None) == (following is None)
        names = [item[self.kind.key] for item in body["items"]]
        return [name for name in names if name.startswith(self._prefix)], following

    async def all(self, **query: Any) -> list[str]:
        seen, following = await self.page(**query)
        while following:
            names, following = await self.page(following)
            seen += names
        return seen


async def _listed(
    installation: Installation, database: asyncpg.Connection, order: Order
) -> AsyncIterator[Listed]:
    world = await make_world(installation)
    caller = (
        await installation.person("admin")
        if order.operation.id in ("list_accounts", "list_dead_letters")
        else world.owner
    )
    async with installation.client(caller.token) as client:
        yield Listed(database, client, world, order)


@pytest.fixture
async def listed(
    installation: Installation, database: asyncpg.Connection, order: Order
) -> AsyncIterator[Listed]:
    async for made in _listed(installation, database, order):
        yield made


@by_order
async def test_a_list_is_steady_while_items_come_and_go(listed: Listed) -> None:
    """What is there from first to last is seen once, wherever others come and go."""
    there = [await listed.add() for _ in range(ITEMS)]
    staying = set(there[::2])
    leaving = there[1::2]
    seen, following = await listed.page(limit=3)
    while following:
        await listed.add()
        await listed.add()
        if leaving:
            await listed.remove(leaving.pop())
        names, following = await listed.page(following)
        seen += names
        assert len(seen) < 20 * ITEMS
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@pytest.mark.parametrize("order", REVERSIBLE, ids=str)
async def test_an_order_reversed_is_the_same_backwards(
    installation: Installation, listed: Listed, order: Order
) -> None:
    there = {await listed.add() for _ in range(ITEMS)}
    up = await listed.all(limit=5)
    down = await listed.all(limit=5, sort=f"-{order.sort}")
    assert set(up) == there
    assert down == up[::-1]
    assert await listed.all(limit=200) == up


def test_each_order_has_its_reverse() -> None:
    for operation in LISTS:
        names = {order.sort for order in ORDERS if order.operation is operation and order.sort}
        assert {
            name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in names
        } == names


@by_order
async def test_a_limit_that_is_none_is_refused_by_name(listed: Listed, order: Order) -> None:
    for limit in (
        "0",
        "-1",
        "201",
        "1000000",
        "9" * 30,
        "many",
        "",
        "1.5",
        "1e2",
        "0x10",
        "NaN",
        "1\0",
    ):
        answer = await listed.client.get(listed.url, params=order.query | {"limit": limit})
        assert answer.status_code == 422, limit
        assert [item["field"] for item in answer.json()["errors"]] == ["limit"]


_TIMES = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-11-24T05:00:00",
    "yesterday",
    "infinity",
]
_PARTS: list[Any] = [
    *_TIMES,
    "",
    "\0",
    "\ud800",
    "x" * 1500,
    0,
    -1,
    2**63,
    -(2**63) - 1,
    10**40,
    1.5,
    1e308,
    True,
    None,
    [],
    {},
    [1],
]


def _encoded(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value).replace("1e+308", "Infinity")
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def _tampered(cursor: str) -> tuple[list[str], list[str]]:
    """Cursors like ``cursor``, each wrong in one thing: those that must be refused, and those that may name another place."""
    sort, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    wrong: list[Any] = [
        ["password_hash", key],
        [sort, key[:-1]],
        [sort, [*key, 1]],
        [sort],
        {"sort": sort},
        key,
        7,
        [None, None],
        [sort, {}],
    ]
    wrong += ["[" * 700 + "]" * 700, "{", "NaN", f'["{sort}",NaN]', f'["{sort}"]', ""]
    places: list[Any] = []
    for n, right in enumerate(key):
        for part in _PARTS:
            is_time = isinstance(right, str) and right.startswith("20")
            must_fail = is_time or type(part) is not type(right) or part in ("\0", "\ud800")
            (wrong if must_fail else places).append([sort, [*key[:n], part, *key[n + 1 :]]])
    cut = [cursor[:-1], cursor[1:], cursor + "A", "*", "%", "é", " ", "A" * 3000]
    return [_encoded(value) for value in wrong] + cut, [_encoded(value) for value in places]


@by_order
async def test_a_cursor_that_was_tampered_with_is_refused_by_name_or_is_a_place_in_the_list(
    listed: Listed, order: Order
) -> None:
    """Times that have no place in UTC, and what no column can hold, are refused as well."""
    for _ in range(3):
        await listed.add()
    cursor = (await listed.client.get(listed.url, params=order.query | {"limit": 1})).json()[
        "next_cursor"
    ]
    wrong, places = _tampered(cursor)
    for text in wrong:
        answer = await listed.client.get(listed.url, params=order.query | {"cursor": text})
        assert answer.status_code == 422, (text, answer.text)
        assert [item["field"] for item in answer.json()["errors"]] == ["cursor"]
    for text in places:
        answer = await listed.client.get(listed.url, params=order.query | {"cursor": text})
        assert answer.status_code in (200, 422), (text, answer.text)
