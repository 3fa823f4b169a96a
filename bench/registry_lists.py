"""Lists of the registry API through the gateway, compared with Distribution alone.

Distribution's storage gets `REPOSITORIES` repositories; the catalog has all that are seeded.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import asyncpg

from bench.database import fetch
from bench.figures import Figure, interleaved, ratio
from bench.installation import Installation
from bench.names import PASSWORD, docker_user, namespace
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.security.jwt import load_signing_keys
from libs.common.storage.layout import repository_folder
from tests.kit.http.registry import Registry
from tests.kit.http.tokens import sign_registry_token

REPOSITORIES = 10_000
TAGS = 1_000
_PAGE = 1_000
_ROUNDS = {"tags": 50, "repositories": 7}
"""Distribution reads all folders for a page of repositories, which takes seconds."""
_REPOSITORY = f"{namespace(0)}/listed"
_DIGEST = f"sha256:{'5' * 64}"


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the time of a list of tags, and of the first and a middle page of `_catalog`."""
    paths = [
        row[0]
        for row in fetch(
            installation.database_url(),
            f'SELECT path FROM catalog.repositories ORDER BY path COLLATE "C" LIMIT {REPOSITORIES}',
        )
    ]
    tags = [f"v{number:04}" for number in range(TAGS)]
    asyncio.run(_insert(installation.superuser_url, tags))
    _write(installation.stack.data / "registry", [*paths, _REPOSITORY], tags)
    (key,) = load_signing_keys(installation.secrets / "catalog" / "token-keys")[:1]
    with Registry(installation.stack.url, (docker_user(0), PASSWORD)) as registry:
        for what, path, scope, field, length in (
            ("tags list", f"/v2/{_REPOSITORY}/tags/list", _pull(), "tags", TAGS),
            ("first page of _catalog", f"/v2/_catalog?n={_PAGE}", _LIST, "repositories", _PAGE),
            ("middle page of _catalog", _middle(paths), _LIST, "repositories", _PAGE),
        ):
            token = registry.token(scope)
            direct = sign_registry_token(key, CATALOG_SUBJECT, scope)
            measured = partial(_seconds, installation.stack.port, path, token, field, length)
            base = partial(_seconds, installation.ports["registry"], path, direct, field, length)
            yield _figure(f"{what}, {length:,} entries", base, measured, _ROUNDS[field])


_LIST = "registry:catalog:*"


def _pull() -> str:
    return f"repository:{_REPOSITORY}:pull"


def _middle(paths: Sequence[str]) -> str:
    last = paths[len(paths) // 2]
    return f"/v2/_catalog?n={_PAGE}&last={quote(last, safe='')}"


def _figure(
    what: str, base: Callable[[], float], measured: Callable[[], float], rounds: int
) -> Figure:
    # the first round warms the caches
    bases, values = (seconds[1:] for seconds in interleaved(rounds + 1, base, measured))
    measured_ms, base_ms = (statistics.median(seconds) * 1000 for seconds in (values, bases))
    return Figure(
        "registry lists",
        what,
        ratio(values, bases),
        "× Distribution alone",
        ("≤", 0.5),
        f"{measured_ms:.1f} ms against {base_ms:.1f} ms",
    )


def _seconds(port: int, path: str, token: str, field: str, length: int) -> float:
    """Return the seconds of one request on a new connection, with the whole body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    taken = time.perf_counter() - started
    connection.close()
    if answer.status != 200 or len(json.loads(body)[field]) != length:
        raise RuntimeError(f"{path}: status {answer.status}: {body[:300]!r}")
    return taken


async def _insert(superuser_url: str, tags: Sequence[str]) -> None:
    """Insert the repository whose tags are listed."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(
            "INSERT INTO catalog.repositories (namespace_id, name, status)"
            " SELECT id, split_part($2, '/', 2), 'active' FROM catalog.namespaces WHERE name = $1",
            namespace(0),
            _REPOSITORY,
        )
        await connection.execute(
            "INSERT INTO catalog.manifests"
            " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by, is_scanned)"
            " SELECT id, $2, 'x', 1, now(), 'bench', true FROM catalog.repositories"
            " WHERE path = $1",
            _REPOSITORY,
            _DIGEST,
        )
        await connection.execute(
            "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
            " SELECT r.id, t.name, $2, now(), 'bench'"
            " FROM catalog.repositories r, unnest($3::text[]) AS t (name) WHERE r.path = $1",
            _REPOSITORY,
            _DIGEST,
            list(tags),
        )
    finally:
        await connection.close()


def _write(root: Path, repositories: Sequence[str], tags: Sequence[str]) -> None:
    """Write the links by which Distribution finds the repositories, and the tags of the last."""
    found = root.stat()
    made: set[Path] = set()

    def folder(path: Path) -> None:
        if path in made or path == root:
            return
        folder(path.parent)
        if not path.exists():
            path.mkdir()
            os.chown(path, found.st_uid, found.st_gid)
        made.add(path)

    def link(place: Path) -> None:
        folder(place)
        (place / "link").write_text(_DIGEST)
        os.chown(place / "link", found.st_uid, found.st_gid)

    for repository in repositories:
        manifests = root / repository_folder(repository) / "_manifests"
        folder(root / repository_folder(repository) / "_layers")  # by which 2.8.2 finds it
        link(manifests / "revisions/sha256" / _DIGEST.partition(":")[2])
        for tag in tags if repository == _REPOSITORY else ("latest",):
            link(manifests / f"tags/{tag}/current")
