"""SQL of admission: open the intent of a push, and record the push."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.db.engine import Tx
from services.catalog.admission.domain import Target
from services.catalog.images.description import Described, Platform
from services.catalog.intents.domain import Change
from services.catalog.intents.queries import calling, change_values
from services.catalog.quotas.domain import Charge
from services.catalog.tables import repositories

_OPEN_PUSH = calling(
    "SELECT * FROM catalog.admit_push",
    "CAST(:max_repositories AS bigint)",
    "CAST(:charged_digests AS text[])",
    "CAST(:charged_sizes AS bigint[])",
)
_RECORD_PUSH = sa.text(
    "SELECT catalog.record_push(CAST(:intent AS bigint), CAST(:description AS jsonb))"
).bindparams(sa.bindparam("description", type_=JSONB))

_DESCRIPTIONS = sa.text("""
    SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size_bytes, m.platforms,
           EXISTS (SELECT FROM catalog.manifest_children c
                   WHERE c.repository_id = m.repository_id AND c.index_digest = m.digest)
             AS has_children
    FROM catalog.manifests m WHERE m.repository_id = :repository_id AND m.digest = ANY(:digests)
""")


async def open_push(
    tx: Tx, *, change: Change, charges: Sequence[Charge], max_repositories: int
) -> tuple[Target | None, int | None]:
    """Return the repository of a push, and the id of its intent.

    The target is None if the namespace does not exist. The intent is None if the target does not
    allow the push, if an open intent conflicts with it, or if garbage collection is deleting a blob
    that it needs. Its doomed blobs live again. ``charges`` count against the quota of the account
    as long as the intent is open, and then as those of the manifest.
    """
    values = change_values(change) | {
        "max_repositories": max_repositories,
        "charged_digests": [charge.digest for charge in charges],
        "charged_sizes": [charge.size for charge in charges],
    }
    row = (await tx.execute(_OPEN_PUSH, values)).one()
    if not row.has_namespace:
        return None, None
    target = Target(row.is_deleting, row.reserved_until, row.is_full, row.refusal)
    return target, row.intent


async def find_repository_id(tx: Tx, *, namespace: str, name: str) -> int | None:
    """Return the id of a repository, or None if it does not exist."""
    statement = sa.select(repositories.c.id).where(repositories.c.path == f"{namespace}/{name}")
    id_: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return id_


async def list_descriptions(
    tx: Tx, *, repository_id: int, digests: Collection[str]
) -> list[Described]:
    """Return what an index takes from its children, of those of ``digests`` that are recorded."""
    rows = await tx.execute(
        _DESCRIPTIONS, {"repository_id": repository_id, "digests": list(digests)}
    )
    return [
        Described(
            digest=row.digest,
            media_type=row.media_type,
            artifact_type=row.artifact_type,
            subject=row.subject,
            size_bytes=row.size_bytes,
            platforms=tuple(Platform(**platform) for platform in row.platforms),
            layers=(),
            labels={},
            image_created_at=None,
            children=("",) if row.has_children else (),
            blobs=(),
        )
        for row in rows
    ]


async def record_push(
    tx: Tx, *, intent: int, described: Described, descriptor: Mapping[str, Any] | None
) -> bool:
    """Write a push that the registry has accepted, and resolve its intent.

    ``descriptor`` is the OCI descriptor of a manifest with a subject.

    Return False if another process has done so. A manifest that exists already keeps its
    description.
    """
    created_at = described.image_created_at
    description = {
        "media_type": described.media_type,
        "artifact_type": described.artifact_type,
        "subject": described.subject,
        "size_bytes": described.size_bytes,
        "platforms": [asdict(platform) for platform in described.platforms],
        "layers": [asdict(layer) for layer in described.layers],
        "labels": described.labels,
        "image_created_at": created_at.isoformat() if created_at else None,
        "blobs": described.blobs,
        "children": described.children,
        "descriptor": descriptor,
    }
    values = {"intent": intent, "description": description}
    return bool((await tx.execute(_RECORD_PUSH, values)).scalar_one())
