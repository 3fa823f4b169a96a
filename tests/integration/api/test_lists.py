"""Every list in each of its orders: complete, reversible, and stable while items change."""

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
async def connection(installation: Installation) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the role that owns the schemas."""
    connection = await asyncpg.connect(installation.database.urls["owner"])
    yield connection
    await connection.close()


class Listed:
    """A list, read by an account that has access, with items of this test in it."""

    def __init__(
        self, connection: asyncpg.Connection, client: httpx.AsyncClient, world: World, order: Order
    ) -> None:
        self._connection, self.client, self._world, self._order = connection, client, world, order
        self._prefix = f"item{secrets.token_hex(4)}-"

    @property
    def kind(self) -> Kind:
        """The kind of the items."""
        return self._order.kind

    @property
    def url(self) -> str:
        """The path of the list."""
        return self._order.operation.url(self._world)

    async def add(self) -> str:
        """Insert an item and return its name."""
        name = self._prefix + secrets.token_hex(4)
        await self.kind.add(self._connection, self._world, name)
        return name

    async def remove(self, name: str) -> None:
        """Delete an item."""
        await self.kind.remove(self._connection, name)

    async def page(self, url: str | None = None, **query: Any) -> tuple[list[str], str | None]:
        """Return this test's items on one page, and the URL of the next page."""
        if self._order.operation.id == "list_accounts":
            query["q"] = self._prefix  # other tests have created many accounts
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
        """Return this test's items on all pages."""
        seen, following = await self.page(**query)
        while following:
            names, following = await self.page(following)
            seen += names
        return seen


async def _listed(
    installation: Installation, connection: asyncpg.Connection, order: Order
) -> AsyncIterator[Listed]:
    world = await make_world(installation)
    caller = (
        await installation.person("admin")
        if order.operation.id in ("list_accounts", "list_dead_letters")
        else world.owner
    )
    async with installation.client(caller.token) as client:
        yield Listed(connection, client, world, order)


@pytest.fixture
async def listed(
    installation: Installation, connection: asyncpg.Connection, order: Order
) -> AsyncIterator[Listed]:
    async for made in _listed(installation, connection, order):
        yield made


@by_order
async def test_no_item_is_missed_or_repeated_while_others_are_added_and_deleted(
    listed: Listed,
) -> None:
    """An item that exists from the first to the last page is returned once."""
    names_before = [await listed.add() for _ in range(ITEMS)]
    staying = set(names_before[::2])
    leaving = names_before[1::2]
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
async def test_a_descending_order_is_the_reverse_of_the_ascending_one(
    installation: Installation, listed: Listed, order: Order
) -> None:
    added = {await listed.add() for _ in range(ITEMS)}
    up = await listed.all(limit=5)
    down = await listed.all(limit=5, sort=f"-{order.sort}")
    assert set(up) == added
    assert down == up[::-1]
    assert await listed.all(limit=200) == up


def test_each_order_exists_in_both_directions() -> None:
    for operation in LISTS:
        names = {order.sort for order in ORDERS if order.operation is operation and order.sort}
        assert {
            name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in names
        } == names


@by_order
async def test_the_error_of_an_invalid_limit_names_the_field(listed: Listed, order: Order) -> None:
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
    """Return variants of ``cursor``, each with one change.

    Each cursor in the first list must be refused. Those in the second may be valid cursors that
    point to another place in the list.
    """
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
async def test_a_forged_cursor_is_refused_or_points_to_a_place_in_the_list(
    listed: Listed, order: Order
) -> None:
    """Times outside the years 1 to 9999 in UTC and values outside a column's type are refused."""
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
