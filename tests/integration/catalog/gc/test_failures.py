"""Reports of runs in which repositories have failed."""

import pytest

from services.catalog.gc.runs import collection
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect, folder_of, until
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions


async def test_report_names_some_failures_and_counts_the_others(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that does not name all of them is no proof that it has listed the others."""
    paths = [f"{app_repository}-{number}" for number in range(3)]
    for path in paths:
        await pusher.push(make_image(), path, "v1")
    monkeypatch.setattr(collection, "MAX_FAILURES", 2, raising=False)
    folders = [folder_of(registry, path) / "_manifests" for path in paths]
    assert (await collect()).error is None
    for folder in folders:
        folder.rename(folder.with_name("moved-away"))
        folder.symlink_to(folder)  # reading it fails, also for root
    run = await collect()
    assert (run.error, sorted(run.report.failures), run.report.further_failures) == (
        None,
        paths[:2],
        1,
    )
    rows = await emptied.fetch(
        "SELECT report ? 'epoch' AS has_epoch FROM catalog.garbage_runs ORDER BY id"
    )
    assert [row["has_epoch"] for row in rows] == [True, False]


async def test_exemptions_are_dropped_after_the_run(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collection, "_EXEMPTIONS_AT_ONCE", 1, raising=False)
    await pusher.push(make_image(), app_repository, "v1")
    assert (await collect()).error is None
    folder = folder_of(registry, app_repository) / "_manifests"
    folder.rename(folder.with_name("moved-away"))
    folder.symlink_to(folder)  # reading it fails, also for root
    assert (await collect()).error is None

    async def are_dropped() -> bool:
        return not await emptied.fetch("SELECT FROM catalog.garbage_exemptions")

    await until(are_dropped)
