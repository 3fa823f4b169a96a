"""Opens the deletion of tags that belong to a deleted image, such as those of its signatures.

People do not see these tags (spec 8), so garbage collection must not leave them. What they name
loses its tag, and is garbage later. A tag whose image was never in the repository stays: some
people keep signatures in a repository of their own.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.db.engine import Tx
from libs.common.registry.names import artifact_subject
from services.catalog.deletion.tags import queries
from services.catalog.deletion.tags.placeholder import make_placeholder
from services.catalog.intents.domain import Change, Intent, Kind
from services.catalog.intents.queries import find_lease, insert_unless_conflict


async def open_artifact_deletions(tx: Tx, *, path: str, digests: Sequence[str]) -> list[Intent]:
    """Open the deletion of each tag that belongs to one of the deleted manifests ``digests``.

    Call this in the transaction that deletes the manifests, under the lock of the repository. The
    worker carries out the intents that the caller does not. A tag that an open intent changes
    stays, and so does one whose image was pushed again.
    """
    intents = []
    for tag in await queries.list_artifact_tags(tx, path=path, digests=digests):
        intent = await _open_deletion(tx, path, tag)
        if intent is not None:
            intents.append(intent)
    return intents


async def _open_deletion(tx: Tx, path: str, tag: str) -> Intent | None:
    subject = artifact_subject(tag)
    if subject is None:
        return None
    digest = await queries.find_orphaned_tag(tx, path=path, tag=tag, subject=subject)
    if digest is None:
        return None
    placeholder = make_placeholder()
    change = Change(
        kind=Kind.DELETE_TAG,
        namespace=path.partition("/")[0],
        repository=path,
        digest=digest,
        tags=(tag,),
        removes=frozenset({placeholder.digest}),
        manifest=placeholder.manifest,
    )
    id_ = await insert_unless_conflict(tx, change=change)
    if id_ is None:
        return None
    return Intent(id_, change, datetime.now(UTC), await find_lease(tx, id=id_))
