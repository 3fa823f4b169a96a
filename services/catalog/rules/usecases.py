"""Show and change the rules for tags.

New rules apply from the commit of their change on. The transaction locks the namespace, which every
change of a tag locks too when it reads the rules. If a push or deletion that was decided before is
not finished, and it would move or delete a tag that becomes immutable, the change of rules waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from libs.common.db.changes import changed
from libs.common.db.engine import Engine, Tx
from libs.common.security.principals import Principal
from services.catalog.audit.usecases import record
from services.catalog.intents.domain import WAIT_SECONDS, ChangeInProgress
from services.catalog.namespaces.domain import Namespace, NamespaceNotFound, NamespaceOwner
from services.catalog.namespaces.queries import lock_namespace
from services.catalog.repositories.domain import (
    Repository,
    RepositoryNotFound,
    RepositoryOwner,
)
from services.catalog.rules import queries
from services.catalog.rules.domain import EffectiveRules, Rules, TagImmutable

_POLL_SECONDS = (0.01, 0.02, 0.05, 0.1)
_DEFAULT = EffectiveRules()


class _TagChanging(Exception):
    """Rolls the transaction back."""


async def get_namespace_rules(*, tx: Tx, actor: NamespaceOwner) -> EffectiveRules:
    """Return the rules of a namespace."""
    found = await queries.find_namespace_rules(tx, namespace_id=actor.namespace.id)
    return found or _DEFAULT


async def get_repository_rules(*, tx: Tx, actor: RepositoryOwner) -> EffectiveRules:
    """Return the rules that apply to a repository: its own, or those of its namespace."""
    repository = actor.repository
    found = await queries.find_effective_rules(
        tx, namespace_id=repository.namespace_id, repository_id=repository.id
    )
    return found or _DEFAULT


async def check_tags(*, tx: Tx, repository: Repository, tags: Collection[str]) -> None:
    """Check that ``tags`` can be moved and deleted. The caller has locked the repository.

    Raises:
        TagImmutable: one of them exists and is immutable.
    """
    for tag in await queries.find_immutable(tx, repository_id=repository.id, tags=tags):
        raise TagImmutable.of_tag(repository.path, tag)


async def check_image(
    *, tx: Tx, repository: Repository, digest: str, tags: Collection[str]
) -> None:
    """Check that an image can be deleted with its ``tags``. The caller has locked the repository.

    Raises:
        TagImmutable: one of the tags is immutable.
    """
    for tag in await queries.find_immutable(tx, repository_id=repository.id, tags=tags):
        raise TagImmutable.of_image(digest, tag)


async def check_repository(*, tx: Tx, repository: Repository) -> None:
    """Check that a repository can be deleted. The caller has locked it.

    Raises:
        TagImmutable: it has an immutable tag.
    """
    await lock_namespace(tx, namespace_id=repository.namespace_id)
    found = await queries.find_any_immutable(
        tx,
        namespace_id=repository.namespace_id,
        namespace=repository.namespace,
        repository_id=repository.id,
    )
    if found is not None:
        raise TagImmutable.of_object("repository", repository.path, path=found[0], tag=found[1])


async def check_namespace(*, tx: Tx, namespace: Namespace) -> None:
    """Check that a namespace can be deleted with its repositories. The caller has locked it.

    Raises:
        TagImmutable: it has an immutable tag.
    """
    found = await queries.find_any_immutable(
        tx, namespace_id=namespace.id, namespace=namespace.name
    )
    if found is not None:
        raise TagImmutable.of_object("namespace", namespace.name, path=found[0], tag=found[1])


async def put_namespace_rules(
    *, engine: Engine, actor: NamespaceOwner, rules: Rules
) -> EffectiveRules:
    """Replace the rules of a namespace.

    Raises:
        NamespaceNotFound: the namespace was deleted meanwhile.
        ChangeInProgress: a change of a tag that becomes immutable was not finished within 20 s.
    """
    namespace = actor.namespace

    async def change(tx: Tx) -> EffectiveRules:
        if not await lock_namespace(tx, namespace_id=namespace.id, to_delete=True):
            raise NamespaceNotFound(namespace.name)
        before = await get_namespace_rules(tx=tx, actor=actor)
        if not rules.says_the_same(before):
            await queries.put_namespace_rules(tx, namespace_id=namespace.id, rules=rules)
            await _check_no_change(tx, namespace.id)
            await _record(
                tx,
                actor.principal,
                action="rules.update",
                target=f"namespaces/{namespace.name}/rules",
                owner_id=namespace.account_id,
                before=before,
                after=rules,
            )
        return await get_namespace_rules(tx=tx, actor=actor)

    return await _commit_when_possible(engine, change)


async def put_repository_rules(
    *, engine: Engine, actor: RepositoryOwner, rules: Rules
) -> EffectiveRules:
    """Give a repository rules of its own.

    Raises:
        RepositoryNotFound: the repository was deleted meanwhile.
        ChangeInProgress: a change of a tag that becomes immutable was not finished within 20 s.
    """
    return await _change_repository(engine, actor, rules)


async def delete_repository_rules(*, engine: Engine, actor: RepositoryOwner) -> None:
    """Delete a repository's own rules, if it has any.

    Raises:
        RepositoryNotFound: the repository was deleted meanwhile.
        ChangeInProgress: a change of a tag that becomes immutable was not finished within 20 s.
    """
    await _change_repository(engine, actor, None)


async def _change_repository(
    engine: Engine, actor: RepositoryOwner, rules: Rules | None
) -> EffectiveRules:
    """Replace or delete the rules of a repository, and return those that apply then."""
    repository = actor.repository

    async def change(tx: Tx) -> EffectiveRules:
        is_there = await lock_namespace(tx, namespace_id=repository.namespace_id, to_delete=True)
        if not is_there or not await queries.lock_repository_row(tx, repository_id=repository.id):
            raise RepositoryNotFound(repository.path)
        own = await queries.find_repository_rules(tx, repository_id=repository.id)
        if rules is None and own is not None:
            await queries.delete_repository_rules(tx, repository_id=repository.id)
        elif rules is not None and (own is None or not rules.says_the_same(own)):
            await queries.put_repository_rules(tx, repository_id=repository.id, rules=rules)
        else:
            return await get_repository_rules(tx=tx, actor=actor)
        await _check_no_change(tx, repository.namespace_id)
        await _record(
            tx,
            actor.principal,
            action="rules.delete" if rules is None else "rules.update",
            target=f"repositories/{repository.path}/rules",
            owner_id=repository.account_id,
            before=own,
            after=rules,
        )
        return await get_repository_rules(tx=tx, actor=actor)

    return await _commit_when_possible(engine, change)


async def _commit_when_possible(
    engine: Engine, change: Callable[[Tx], Awaitable[EffectiveRules]]
) -> EffectiveRules:
    """Run ``change`` in a transaction; repeat it while a change of a tag stands against it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_SECONDS
    tries = 0
    while True:
        try:
            async with engine.begin() as tx:
                return await change(tx)
        except _TagChanging:
            if loop.time() >= deadline:
                raise ChangeInProgress(retry_after=2) from None
        await asyncio.sleep(_POLL_SECONDS[min(tries, len(_POLL_SECONDS) - 1)])
        tries += 1


async def _check_no_change(tx: Tx, namespace_id: int) -> None:
    if await queries.is_changing_immutable(tx, namespace_id=namespace_id):
        raise _TagChanging


async def _record(
    tx: Tx,
    principal: Principal,
    *,
    action: str,
    target: str,
    owner_id: int,
    before: Rules | None,
    after: Rules | None,
) -> None:
    none = dict.fromkeys(Rules().shown())
    await record(
        tx=tx,
        principal=principal,
        action=action,
        target=target,
        owner_id=owner_id,
        changes=changed(
            before.shown() if before is not None else none,
            after.shown() if after is not None else none,
        ),
    )
