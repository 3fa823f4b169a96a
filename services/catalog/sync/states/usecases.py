"""Read the states of repositories from the registry, and write them to the catalog."""

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.deletion.tags.queries import list_tag_deletions
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.sync.states import queries
from services.catalog.sync.states.domain import RepositoryState, Wanted, states_of
from services.catalog.sync.states.reading import Reader


async def read_states(
    *, engine: Engine, registry: Registry, wanted: list[Wanted]
) -> list[RepositoryState]:
    """Return the registry's answers about all of ``wanted`` whose namespace exists.

    If the registry fails for single tags or manifests, their states say so.

    Raises:
        RegistryUnavailable: The registry does not work at all.
    """
    async with engine.connect() as tx:
        namespaces = (
            await queries.find_namespaces(tx, names={of.namespace for of in wanted})
            if wanted
            else {}
        )
        wanted = [of for of in wanted if of.namespace in namespaces]
        deleted = await queries.find_known(
            tx, manifests_of=[(of.path, digest) for of in wanted for digest in of.deleted]
        )
        tags_on_deleted = await queries.list_tags_on(tx, manifests_of=deleted)
    # With a manifest, its tags are deleted. Some registries do not report them.
    for path, tag in tags_on_deleted:
        next(of for of in wanted if of.path == path).tags.setdefault(tag, [])
    reader = Reader(registry)
    gone = await reader.find_deleted(deleted)
    tags = await reader.find_tags(wanted)
    async with engine.connect() as tx:
        deletions = await list_tag_deletions(tx, keys=tags.keys())
    placeholders = {(deletion.repository, deletion.placeholder) for deletion in deletions}
    tags = {
        key: None if (key[0], digest) in placeholders else digest for key, digest in tags.items()
    }
    candidates = {(of.path, digest) for of in wanted for digest in of.digests}
    candidates |= {(path, digest) for (path, _), digest in tags.items() if digest is not None}
    async with engine.connect() as tx:
        known = await queries.find_known(tx, manifests_of=candidates)
    described = await reader.describe(candidates - known)
    await reader.check()
    return states_of(
        wanted,
        tags=tags,
        described=described,
        known=known,
        gone=gone,
        unreadable=reader.unreadable,
    )


async def write_states(*, tx: Tx, states: list[RepositoryState]) -> None:
    """Write ``states`` to the catalog."""
    await lock_counters(tx)
    namespaces = await queries.find_namespaces(tx, names={state.namespace for state in states})
    states = [state for state in states if state.namespace in namespaces]
    key = {state.path: (namespaces[state.namespace], state.name) for state in states}
    created = await queries.ensure_repositories(
        tx, paths={key[state.path] for state in states if state.has_content}
    )
    ids = await queries.find_repositories(tx, paths=set(key.values()))
    found = [(ids[key[state.path]], state) for state in states if key[state.path] in ids]
    await queries.add_manifests(tx, states=found)
    tags_before = await queries.find_tags(tx, states=found)
    await queries.put_tags(tx, states=found)
    await queries.delete_gone(tx, states=found)
    await update_totals(
        tx, pushed_at={id_: state.pushed_at if state.has_content else None for id_, state in found}
    )
    # Pulls of a new tag may have been counted before the tag had a row for their sum.
    new = [
        state.path
        for id_, state in found
        if key[state.path] in created or any((id_, tag) not in tags_before for tag in state.tags)
    ]
    await copy_sums(tx, repositories=new)
