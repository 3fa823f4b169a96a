"""Set tags in the registry back to what admission has set.

Only a write that did not pass admission can move such a tag: one directly to the registry, or an
old request that the registry carries out late.
"""

from collections.abc import Iterable

import structlog

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.intents.domain import Change, Intent, Kind
from services.catalog.intents.queries import lock_repositories, resolve
from services.catalog.intents.usecases import call_until_confirmed, open_intent
from services.catalog.sync.states.domain import WrongTag
from services.catalog.sync.states.queries import find_admitted_tags

_log = structlog.get_logger()


class _NotWrong(Exception):
    """A push has moved the tag meanwhile."""


async def restore_tags(*, engine: Engine, registry: Registry, wrong: Iterable[WrongTag]) -> None:
    """Push the manifests of ``wrong`` tags again. A tag that was pushed meanwhile is left alone.

    Raises:
        RegistryUnavailable: the registry does not answer. The worker of intents goes on.
    """
    for tag in wrong:
        await _restore(engine, registry, tag)


async def _restore(engine: Engine, registry: Registry, wrong: WrongTag) -> None:
    manifest = await registry.find_manifest(wrong.repository, wrong.digest)
    if manifest is None:
        _log.warning(
            "a tag cannot be restored, because the registry does not have its manifest",
            repository=wrong.repository,
            tag=wrong.tag,
            digest=wrong.digest,
        )
        return

    async def prepare(tx: Tx) -> Change:
        key = (wrong.repository, wrong.tag)
        if (await find_admitted_tags(tx, keys=[key])).get(key) != wrong.digest:
            raise _NotWrong
        return Change(
            kind=Kind.RESTORE_TAG,
            namespace=wrong.namespace,
            repository=wrong.repository,
            digest=wrong.digest,
            tags=(wrong.tag,),
            needs=frozenset({wrong.digest}),
            manifest=manifest,
        )

    try:
        intent = await open_intent(engine=engine, repository=wrong.repository, prepare=prepare)
    except _NotWrong:
        return
    await call_until_confirmed(
        lambda: resume(intent, engine=engine, registry=registry), engine=engine, intent=intent
    )


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Push the manifest to its tag, and resolve the intent.

    Raises:
        RegistryUnavailable: the registry does not answer.
    """
    change = intent.change
    tag = change.tags[0]
    assert change.manifest is not None
    answer = await registry.forward_manifest(
        change.repository,
        tag,
        change.manifest,
        subject=CATALOG_SUBJECT,
    )
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        await resolve(tx, id=intent.id)
    _log.warning(
        "restored a tag that was changed without admission",
        repository=change.repository,
        tag=tag,
        digest=change.digest,
        status=answer.status,
    )
