"""Statements of a run that exceed their time limit, and catalogs that have wrong times."""

from typing import Any

import pytest

from services.catalog.gc.manifests import queries, usecases
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image


@pytest.mark.parametrize("query", ["list_untagged", "mark_untagged", "open_deletions"])
async def test_slow_repository_keeps_its_manifests_and_stops_no_other(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    """The database has too many rows of it to answer in time."""
    slow, other = f"{app_repository}-slow", f"{app_repository}-other"
    image, garbage, unused = make_image(), make_image(), make_image()
    await pusher.push(image, slow)
    await pusher.push(garbage, other)
    pusher.upload(other, *unused.blobs)
    answer = getattr(queries, query)

    async def exceed_time(*arguments: Any, **named: Any) -> Any:
        if slow in named.get("paths", [named.get("path")]):
            raise TimeoutError
        return await answer(*arguments, **named)

    monkeypatch.setattr(queries, query, exceed_time)
    run = await collect()
    assert (run.error, list(run.report.failures)) == (None, [slow])
    assert (run.report.manifests, run.report.deleted) == (1, 5)
    assert_pullable(registry, slow, image.manifest.digest, image)


async def test_run_that_cannot_delete_manifests_sweeps_and_ends_with_the_error(
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unused = make_image()
    pusher.upload(app_repository, *unused.blobs)

    async def exceed_time(**_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("services.catalog.gc.runs.collection.delete_untagged", exceed_time)
    run = await collect()
    assert run.report.deleted == 2
    assert run.error == "no manifest can be deleted: TimeoutError"


async def test_run_with_an_unexpected_error_has_finished(
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pusher.upload(app_repository, *make_image().blobs)

    async def exceed_time(**_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("services.catalog.gc.runs.collection.list_repositories", exceed_time)
    run = await collect()
    assert (run.error, run.report.deleted) == ("an unexpected error: TimeoutError", 0)


async def test_tagged_image_is_kept_although_the_catalog_counts_its_age(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    image = make_image()
    await pusher.push(image, app_repository, "v1")
    await emptied.execute("UPDATE catalog.manifests SET untagged_since = now() - interval '1 day'")
    for days in (0, 1):
        assert (await collect(days=days)).report.manifests == 0
    assert_pullable(registry, app_repository, "v1", image)


async def test_batches_delete_what_one_listing_has_found(
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Listing a repository again for each batch takes hours if it has much garbage."""
    for _ in range(5):
        await pusher.push(make_image(layers=1), app_repository)
    monkeypatch.setattr(usecases, "_BATCH", 1)
    listings = 0
    list_untagged = queries.list_untagged

    async def count_and_list(*arguments: Any, **named: Any) -> Any:
        nonlocal listings
        listings += 1
        return await list_untagged(*arguments, **named)

    monkeypatch.setattr(queries, "list_untagged", count_and_list)
    run = await collect()
    assert (run.error, run.report.manifests) == (None, 5)
    assert listings == 3  # to find the repository, its manifests, and that none is left
