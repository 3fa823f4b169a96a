"""SQL that reads the marks of garbage, revives blobs, and renews the lease of a gate."""

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.auth.gate.domain import FullQuota
from services.auth.views import full_namespaces, garbage_digests, garbage_generation


async def read_marks(tx: Tx) -> tuple[int, bytes]:
    """Return the generation of the marks, and the digests of all garbage, 32 bytes each.

    One statement reads both, so that the digests are those of the generation.
    """
    digests = sa.func.string_agg(garbage_digests.c.digest, sa.literal(b"", sa.LargeBinary))
    generation, packed = (
        await tx.execute(
            sa.select(
                sa.select(garbage_generation.c.generation).scalar_subquery(),
                sa.select(digests).scalar_subquery(),
            )
        )
    ).one()
    return generation, packed or b""


async def renew_lease(tx: Tx, *, gate: uuid.UUID, known_generation: int, lease: timedelta) -> int:
    """Renew the lease of a gate that knows the marks of a generation; return the present one."""
    renewed = sa.select(sa.func.catalog.renew_gate(gate, known_generation, lease))
    return int((await tx.execute(renewed)).scalar_one())


async def revive(tx: Tx, *, digest: bytes) -> bool:
    """Make a doomed blob live again. Return False if a sweep is deleting it."""
    name = f"sha256:{digest.hex()}"
    deleting = sa.func.catalog.revive_blobs(sa.cast([name], sa.ARRAY(sa.Text)))
    return not (await tx.execute(sa.select(deleting))).scalar_one()


async def touch(tx: Tx, *, digests: Collection[bytes]) -> None:
    """Record that clients need the blobs."""
    names = [f"sha256:{digest.hex()}" for digest in digests]
    await tx.execute(sa.select(sa.func.catalog.touch_blobs(sa.cast(names, sa.ARRAY(sa.Text)))))


async def list_full_namespaces(tx: Tx) -> dict[str, FullQuota]:
    """Return the namespaces of accounts that have no room left in their storage quota."""
    columns = full_namespaces.c
    statement = sa.select(columns.namespace, columns.quota_bytes, columns.used_bytes)
    return {
        row.namespace: FullQuota(row.quota_bytes, row.used_bytes)
        for row in await tx.execute(statement)
    }


async def note_uploads(tx: Tx, *, uploads: Sequence[tuple[str, bytes]]) -> None:
    """Record completed uploads (repository, digest), which count for the account."""
    paths = [repository for repository, _ in uploads]
    names = [f"sha256:{digest.hex()}" for _, digest in uploads]
    texts = sa.ARRAY(sa.Text)
    await tx.execute(
        sa.select(sa.func.catalog.note_uploads(sa.cast(paths, texts), sa.cast(names, texts)))
    )
