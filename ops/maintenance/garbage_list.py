"""`moorage gc --dry-run`: lists the garbage."""

from datetime import timedelta
from functools import partial

from rich.console import Console
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.host.disk import format_size
from ops.maintenance.counted import counted
from ops.maintenance.garbage_collector import GarbageCollector
from services.catalog.gc import queries, usecases
from services.catalog.sync.states import queries as states


async def list_garbage(
    engine: AsyncEngine, garbage_collector: GarbageCollector, age: timedelta
) -> None:
    """Print the garbage that a collection would delete."""
    found = (await usecases.find_garbage(engine=engine, age=age)).garbage
    async with engine.connect() as tx:
        exclusive = await queries.sum_exclusive_bytes(tx, keys=[item.key for item in found])
    unreferenced: set[str] = set()
    await garbage_collector.collect(
        unreferenced.add, find_known=partial(find_known, engine), dry_run=True
    )
    if found:
        table = Table(
            Column("repository", overflow="fold"),
            Column("manifest", overflow="fold"),
            "untagged since",
            "image size",
            box=None,
        )
        for item in found:
            untagged_since = f"{item.since:%Y-%m-%d %H:%M}"
            size = format_size(item.size_bytes)
            table.add_row(item.repository, item.digest, untagged_since, size)
        Console().print(table)
    size = format_size(sum(garbage_collector.blob_size(digest) for digest in unreferenced))
    console = Console(soft_wrap=True)
    console.print(
        f"Would delete: {counted(len(found), 'untagged manifest')},"
        f" with {format_size(exclusive)} in blobs that no other manifest references,"
    )
    console.print(
        f"and {counted(len(unreferenced), 'blob')} that no manifest references, with {size}."
        " Nothing was changed."
    )


async def find_known(engine: AsyncEngine, keys: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the manifests (repository, digest) that the catalog has."""
    async with engine.connect() as tx:
        return await states.find_known(tx, manifests_of=keys)
