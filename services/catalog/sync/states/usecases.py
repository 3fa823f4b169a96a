"""Read the states of repositories from the registry, and write them to the catalog."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.intents.domain import UNTOUCHED
from services.catalog.intents.queries import list_touched, lock_repositories, read_clock
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.rules.queries import list_immutable
from services.catalog.sync.states import queries
from services.catalog.sync.states.domain import RepositoryState, Wanted, WrongTag, states_of
from services.catalog.sync.states.reading import Pause, Reader, no_pause
from services.catalog.sync.states.restoring import open_restores

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReadStates:
    """The registry's answers. The reads began at ``began_at``, by the database's clock.

    ``unread`` are the paths of repositories with too many manifests to read.
    """

    states: list[RepositoryState]
    began_at: datetime
    unread: frozenset[str] = frozenset()


async def read_states(
    *,
    engine: Engine,
    registry: Registry,
    wanted: list[Wanted],
    pause: Pause = no_pause,
    most: int | None = None,
) -> ReadStates:
    """Return the registry's answers about all of ``wanted`` whose namespace exists.

    What an open intent changes is not read: the intent's process records it. Nor is a tag that
    admission has set to the digest that all events name. If the registry fails for single tags or
    manifests, their states say so. ``pause`` is awaited before each request to the registry.
    Of a repository with more than ``most`` manifests that the catalog does not have, nothing is
    read.

    Raises:
        RegistryUnavailable: The registry does not work at all.
    """
    async with engine.connect() as tx:
        began_at = await read_clock(tx)
        namespaces = (
            await queries.find_namespaces(tx, names={of.namespace for of in wanted})
            if wanted
            else {}
        )
        wanted = [of for of in wanted if of.namespace in namespaces]
        paths = [of.path for of in wanted]
        touched = await list_touched(tx, repositories=paths, since=began_at)
        admitted = await queries.find_admitted_tags(
            tx, keys=[(of.path, tag) for of in wanted for tag in of.tags]
        )
        for of in wanted:
            of.leave_out(touched.get(of.path, UNTOUCHED))
            of.leave_out_tags(
                {tag: digest for (path, tag), digest in admitted.items() if path == of.path}
            )
        known = await queries.find_known(
            tx, manifests_of=[(of.path, digest) for of in wanted for digest in of.digests]
        )
        unread = frozenset(
            of.path for of in wanted if most is not None and _count_unknown(of, known) > most
        )
        wanted = [
            of
            for of in wanted
            if of.path not in unread and (of.tags or of.deleted or _count_unknown(of, known))
        ]
        deleted = await queries.find_known(
            tx, manifests_of=[(of.path, digest) for of in wanted for digest in of.deleted]
        )
        tags_on_deleted = await queries.list_tags_on(tx, manifests_of=deleted)
    # With a manifest, its tags are deleted. Some registries do not report them.
    for path, tag in tags_on_deleted:
        next(of for of in wanted if of.path == path).tags.setdefault(tag, [])
    reader = Reader(registry, pause)
    gone = await reader.find_deleted(deleted)
    tags = await reader.find_tags(wanted)
    candidates = {(of.path, digest) for of in wanted for digest in of.digests}
    candidates |= {(path, digest) for (path, _), digest in tags.items() if digest is not None}
    async with engine.connect() as tx:
        known = await queries.find_known(tx, manifests_of=candidates)
    described = await reader.describe(candidates - known)
    await reader.check()
    states = states_of(
        wanted,
        tags=tags,
        described=described,
        known=known,
        gone=gone,
        unreadable=reader.unreadable,
    )
    return ReadStates(states, began_at, unread)


def _count_unknown(of: Wanted, known: Collection[tuple[str, str]]) -> int:
    return sum((of.path, digest) not in known for digest in of.digests)


async def write_states(*, tx: Tx, read: ReadStates) -> set[tuple[str, str]]:
    """Write what was read to the catalog, but for what intents have changed since then.

    A tag that admission has set is not changed either. If the registry has it otherwise, an intent
    sets it back there. An immutable tag that admission has not set stays as it is, too, and so does
    the manifest that an immutable tag names. Return the immutable tags (repository path, tag) that
    the registry has otherwise.
    """
    paths = [state.path for state in read.states]
    await lock_repositories(tx, paths=paths)
    await lock_counters(tx)
    touched = await list_touched(tx, repositories=paths, since=read.began_at)
    states = [state.without(touched.get(state.path, UNTOUCHED)) for state in read.states]
    admitted = await queries.find_admitted_tags(
        tx, keys=[(state.path, tag) for state in states for tag in (*state.tags, *state.gone_tags)]
    )
    wrong = [
        WrongTag(state.namespace, state.path, tag, admitted[state.path, tag])
        for state in states
        for tag in (*state.tags, *state.gone_tags)
        if (state.path, tag) in admitted
        and admitted[state.path, tag] not in state.gone_manifests
        and (tag in state.gone_tags or state.tags[tag].digest != admitted[state.path, tag])
    ]
    states = [
        state.without_tags({tag for path, tag in admitted if path == state.path})
        for state in states
    ]
    immutable = await list_immutable(
        tx,
        keys=[(state.path, tag) for state in states for tag in (*state.tags, *state.gone_tags)],
        manifests_of=[(state.path, digest) for state in states for digest in state.gone_manifests],
    )
    kept = {
        (state.path, tag)
        for state in states
        for (path, tag), digest in immutable.items()
        if path == state.path and state.changes(tag, digest)
    }
    for path, tag in sorted(kept):
        _log.warning("an immutable tag was changed without admission", repository=path, tag=tag)
    await _write(
        tx,
        [
            state.without_tags({tag for path, tag in kept if path == state.path}).with_manifests(
                {digest for (path, _), digest in immutable.items() if path == state.path}
            )
            for state in states
        ],
    )
    await open_restores(tx, wrong=wrong)
    return kept


async def _write(tx: Tx, states: list[RepositoryState]) -> None:
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
        tx,
        pushed_at={
            id_: state.pushed_at if state.has_content else None
            for id_, state in found
            if state.has_content or state.gone_tags or state.gone_manifests
        },
    )
    # Pulls of a new tag may have been counted before the tag had a row for their sum.
    new = [
        state.path
        for id_, state in found
        if key[state.path] in created or any((id_, tag) not in tags_before for tag in state.tags)
    ]
    await copy_sums(tx, repositories=new)
