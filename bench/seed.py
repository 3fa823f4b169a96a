"""Fills a database by COPY with any number of objects of every kind."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.names import API_KEYS, PASSWORD, docker_user, namespace
from libs.common.security.passwords import hash_password

REPOSITORIES_PER_NAMESPACE = 100
_FIRST_ID = 1000
_CHUNK = 5000
_LATEST = datetime(2026, 11, 1, tzinfo=UTC)
_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_REPOSITORY_COLUMNS = (
    "id namespace_id account_id name path description status tag_count size_bytes pull_count"
    " last_pulled_at last_pushed_at created_at"
)
_MANIFEST_COLUMNS = (
    "repository_id digest media_type size_bytes platforms pushed_at pushed_by untagged_since"
    " is_scanned charged_digests charged_sizes"
)
_TAG_COLUMNS = "repository_id name digest pushed_at pushed_by pull_count last_pulled_at"
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of rows."""

    repositories: int = 100_000
    tags: int = 1_000_000
    docker_users: int = 10_000
    grants: int = 100_000

    @property
    def namespaces(self) -> int:
        """The number of namespaces."""
        return max(2, self.repositories // REPOSITORIES_PER_NAMESPACE)

    @property
    def accounts(self) -> int:
        """The number of accounts."""
        return max(10, self.namespaces // 2)


SMALL = Sizes(1_000, 10_000, 100, 1_000)


async def seed(superuser_url: str, sizes: Sizes) -> None:
    """Fill a migrated database.

    Triggers and foreign keys would slow COPY down, and only the superuser can switch them off.
    """
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off"
        )
        password_hash = hash_password(PASSWORD)
        for table, columns, rows in _tables(sizes, password_hash):
            schema, _, name = table.partition(".")
            await connection.copy_to_table(
                name,
                schema_name=schema,
                columns=columns,
                source=_text(rows),
                format="text",
                delimiter="\t",
                null="\\N",
            )
        for table in ("accounts", "docker_users", "namespaces", "repositories"):
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('catalog.{table}', 'id'),"
                f" (SELECT max(id) FROM catalog.{table}))"
            )
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


def _tables(sizes: Sizes, password_hash: str) -> list[tuple[str, list[str], Iterable[Row]]]:
    return [
        (
            "catalog.accounts",
            ["id", "username", "password_hash", "role", "created_at"],
            _accounts(sizes, password_hash),
        ),
        (
            "auth.api_keys",
            ["id", "account_id", "credential_version", "name", "permission", "secret_hash"],
            _api_keys(),
        ),
        (
            "catalog.docker_users",
            ["id", "account_id", "username", "password_hash", "description"],
            _docker_users(sizes, password_hash),
        ),
        (
            "catalog.namespaces",
            ["id", "account_id", "name", "visibility", "created_at"],
            _namespaces(sizes),
        ),
        ("catalog.grants", ["namespace_id", "docker_user_id", "permission"], _grants(sizes)),
        ("catalog.repositories", _REPOSITORY_COLUMNS.split(), _repositories(sizes)),
        ("catalog.manifests", _MANIFEST_COLUMNS.split(), _manifests(sizes)),
        ("catalog.tags", _TAG_COLUMNS.split(), _tags(sizes)),
    ]


async def _text(rows: Iterable[Row]) -> AsyncIterator[bytes]:
    lines: list[str] = []
    for row in rows:
        lines.append("\t".join("\\N" if value is None else str(value) for value in row))
        if len(lines) == _CHUNK:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _scattered(number: int, below: int) -> int:
    """Return a pseudo-random number below ``below``, the same in every run.

    It is Knuth's multiplicative hash of ``number``.
    """
    return (number * 2_654_435_761 % 2**32) * below >> 32


def _at(number: int) -> str:
    return (_LATEST - timedelta(seconds=_scattered(number, 60_000_000))).isoformat()


def _accounts(sizes: Sizes, password_hash: str) -> Iterable[Row]:
    names = [
        *API_KEYS,
        *(f"account-{number:04}" for number in range(len(API_KEYS), sizes.accounts)),
    ]
    for number, name in enumerate(names):
        yield (
            _FIRST_ID + number,
            name,
            password_hash,
            "admin" if name == "bench-admin" else "member",
            _at(number),
        )


def _api_keys() -> Iterable[Row]:
    for number, (name, secret) in enumerate(API_KEYS.items()):
        secret_hash = "\\\\x" + hashlib.sha256(secret.encode()).hexdigest()
        yield (
            uuid.uuid4(),
            _FIRST_ID + number,
            1,
            name,
            "read" if name == "bench-few" else "write",
            secret_hash,
        )


def _owner(sizes: Sizes, number: int) -> int:
    """Return the id of the owner of a namespace.

    `bench-owner` owns every second namespace, `bench-few` owns namespace 1, and the other accounts
    own the rest.
    """
    if number == 1:
        return _FIRST_ID + 2
    return _FIRST_ID + (1 if number % 2 == 0 else 3 + number % (sizes.accounts - 3))


def _docker_users(sizes: Sizes, password_hash: str) -> Iterable[Row]:
    for number in range(sizes.docker_users):
        owner = _FIRST_ID + 1 + number % (sizes.accounts - 1)
        yield _FIRST_ID + number, owner, docker_user(number), password_hash, f"build host {number}"


def _namespaces(sizes: Sizes) -> Iterable[Row]:
    for number in range(sizes.namespaces):
        visibility = "public" if number % 10 == 9 else "private"
        yield _FIRST_ID + number, _owner(sizes, number), namespace(number), visibility, _at(number)


def _grants(sizes: Sizes) -> Iterable[Row]:
    """Yield the same number of grants for each Docker user, in scattered namespaces.

    `user-00000` has a push grant in namespace number 0.
    """
    each = max(1, sizes.grants // sizes.docker_users)
    for user in range(sizes.docker_users):
        first = _scattered(user, sizes.namespaces)
        step = max(1, sizes.namespaces // each)
        for place in {(first + n * step) % sizes.namespaces for n in range(each)}:
            yield _FIRST_ID + place, _FIRST_ID + user, "push" if (user + place) % 3 == 0 else "pull"


_WORDS = (
    "web",
    "api",
    "worker",
    "charts",
    "proxy",
    "数据库",
    "支付",
    "frontend",
    "batch",
    "search",
)


def _repositories(sizes: Sizes) -> Iterable[Row]:
    each = sizes.tags // sizes.repositories
    for number in range(sizes.repositories):
        space = number % sizes.namespaces
        word = _WORDS[number % 7]
        name = f"app-{number:06}" if number % 5 else f"group/app-{number:06}"
        pulled = _at(number * 3) if number % 4 else None
        pushed = _at(number * 7) if number % 50 else None
        pulls = _scattered(number, 1000) ** 2 if pulled else 0
        description = f"{word} {_WORDS[_scattered(number, len(_WORDS))]} {number}"
        yield (
            _FIRST_ID + number,
            _FIRST_ID + space,
            _owner(sizes, space),
            name,
            f"{namespace(space)}/{name}",
            description,
            "active",
            each,
            _scattered(number, 10**9),
            pulls,
            pulled,
            pushed,
            _at(number * 11),
        )


def _digest(repository: int, number: int) -> str:
    return f"sha256:{repository:032x}{number:032x}"


def _manifests(sizes: Sizes) -> Iterable[Row]:
    each = max(1, sizes.tags // sizes.repositories // 2)
    platform = '[{"os": "linux", "architecture": "amd64", "digest": "%s", "size_bytes": 1000}]'
    for repository in range(sizes.repositories):
        for number in range(each):
            digest = _digest(repository, number)
            size = _scattered(repository + number, 10**9)
            yield (
                _FIRST_ID + repository,
                digest,
                _MEDIA_TYPE,
                size,
                platform % digest,
                _at(repository + number),
                "ci",
                None,
                True,
                # Without these, the storage worker requests each manifest from the registry.
                f"{{{digest}}}",
                f"{{{size}}}",
            )


def _tags(sizes: Sizes) -> Iterable[Row]:
    each = sizes.tags // sizes.repositories
    digests = max(1, each // 2)
    for repository in range(sizes.repositories):
        for number in range(each):
            pushed = _at(repository * 13 + number)
            pulls = _scattered(repository + number, 1000)
            yield (
                _FIRST_ID + repository,
                f"v1.{number}",
                _digest(repository, number % digests),
                pushed,
                "ci",
                pulls,
                pushed,
            )


def run(superuser_url: str, sizes: Sizes, *, clock: Callable[[], float]) -> float:
    """Seed the database and return the duration in seconds."""
    started = clock()
    asyncio.run(seed(superuser_url, sizes))
    return clock() - started
