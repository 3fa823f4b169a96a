"""Tags of any age, their uses, and the progress of counting, for the tests of retention."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx

from tests.kit.database import Database

DIGEST = "sha256:" + "d" * 64


async def count_pulls(database: Database, *, days: int = 4000) -> None:
    """Play an events service that has counted all pulls since ``days`` ago."""
    await database.execute(
        "INSERT INTO events.counting_state (began_at, counted_until)"
        " VALUES (now() - $1 * interval '1 day', now() + interval '1 day')"
        " ON CONFLICT (id) DO UPDATE SET began_at = excluded.began_at,"
        "  counted_until = excluded.counted_until",
        days,
    )


async def insert_tags(
    database: Database, path: str, tags: Iterable[tuple[str, float]], *, digest: str = DIGEST
) -> None:
    """Insert tags that were pushed so many days ago, and their image, in a repository."""
    namespace, _, name = path.partition("/")
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, status)"
        " SELECT id, $2, 'active' FROM catalog.namespaces WHERE name = $1 ON CONFLICT DO NOTHING",
        namespace,
        name,
    )
    await database.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
        " SELECT id, $2, 'application/vnd.oci.image.manifest.v1+json', 1, now(), 'alice'"
        " FROM catalog.repositories WHERE path = $1 ON CONFLICT DO NOTHING",
        path,
        digest,
    )
    names, ages = zip(*tags, strict=True)
    await database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT r.id, t.name, $2, now() - t.age * interval '1 day', 'alice'"
        " FROM catalog.repositories r, unnest($3::text[], $4::float8[]) AS t (name, age)"
        " WHERE r.path = $1",
        path,
        digest,
        list(names),
        list(ages),
    )
    await database.execute(
        "UPDATE catalog.repositories r SET tag_count ="
        " (SELECT count(*) FROM catalog.tags t WHERE t.repository_id = r.id) WHERE r.path = $1",
        path,
    )


async def age(database: Database, path: str, **days: float) -> None:
    """Let tags of a repository be pushed so many days ago."""
    for name, value in days.items():
        await database.execute(
            "UPDATE catalog.tags t SET pushed_at = now() - $3 * interval '1 day'"
            " FROM catalog.repositories r"
            " WHERE r.id = t.repository_id AND r.path = $1 AND t.name = $2",
            path,
            name,
            value,
        )


async def use(database: Database, path: str, reference: str, *, days: float = 0.0) -> datetime:
    """Record that a tag or digest was used so many days ago; return the time."""
    (row,) = await database.fetch(
        "INSERT INTO events.last_uses (repository, reference, last_used_at)"
        " VALUES ($1, $2, now() - $3 * interval '1 day')"
        " ON CONFLICT (repository, reference) DO UPDATE SET last_used_at = excluded.last_used_at"
        " RETURNING last_used_at",
        path,
        reference,
        days,
    )
    used_at: datetime = row["last_used_at"]
    return used_at


async def put_rules(
    http: httpx.AsyncClient,
    owner: str,
    *retention: dict[str, Any],
    immutable: Iterable[str] = (),
    enabled: bool = True,
) -> None:
    """Set the rules of ``namespaces/NAME`` or ``repositories/PATH``."""
    body = {
        "immutable_tags": list(immutable),
        "retention": list(retention),
        "retention_enabled": enabled,
    }
    answer = await http.put(f"/api/v1/{owner}/rules", json=body)
    assert answer.status_code == 200, answer.text


async def preview(
    http: httpx.AsyncClient, owner: str, *, body: dict[str, Any] | None = None, **params: Any
) -> dict[str, Any]:
    """Return a page of the preview for the stored rules, or for those in ``body``."""
    path = f"/api/v1/{owner}/rules/preview"
    if body is None:
        answer = await http.get(path, params=params)
    else:
        answer = await http.post(path, params=params, json=body)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def preview_all(http: httpx.AsyncClient, owner: str, **params: Any) -> list[dict[str, Any]]:
    """Return the items of all pages of a preview."""
    items: list[dict[str, Any]] = []
    page = await preview(http, owner, **params)
    while True:
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        page = await preview(http, owner, **params | {"cursor": page["next_cursor"]})
