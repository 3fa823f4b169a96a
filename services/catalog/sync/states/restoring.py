"""Set tags in the registry back to what admission has set.

Only a write that did not pass admission can move such a tag: one directly to the registry, or an
old request that the registry carries out late.
"""

from collections.abc import Iterable
from datetime import timedelta

import structlog

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.intents.domain import Change, Intent, Kind
from services.catalog.intents.queries import (
    insert_unless_conflict,
    lock_repositories,
    resolve,
)
from services.catalog.sync.states.domain import WrongTag

_log = structlog.get_logger()


async def open_restores(tx: Tx, *, wrong: Iterable[WrongTag]) -> None:
    """Insert the intents that set ``wrong`` tags back. The worker of intents carries them out.

    A tag with an open change is left to that change.
    """
    for tag in wrong:
        change = Change(
            kind=Kind.RESTORE_TAG,
            namespace=tag.namespace,
            repository=tag.repository,
            digest=tag.digest,
            tags=(tag.tag,),
            needs=frozenset({tag.digest}),
        )
        await insert_unless_conflict(tx, change=change, lease=timedelta())


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Push the manifest to its tag again, and resolve the intent.

    If the registry does not have the manifest any more, the comparison with it reports the tag.

    Raises:
        RegistryUnavailable: the registry does not answer.
    """
    change = intent.change
    status = 404
    manifest = await registry.find_manifest(change.repository, change.digest)
    if manifest is not None:
        answer = await registry.forward_manifest(
            change.repository, change.tags[0], manifest, subject=CATALOG_SUBJECT
        )
        status = answer.status
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        await resolve(tx, id=intent.id)
    _log.warning(
        "restored a tag that was changed without admission",
        repository=change.repository,
        tag=change.tags[0],
        digest=change.digest,
        status=status,
    )
