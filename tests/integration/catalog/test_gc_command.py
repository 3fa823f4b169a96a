"""`moorage gc` requests a run from the catalog, follows it, and prints its report.

The tests write the rows that the catalog writes, because they decide what a run does and when.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import Report, Run
from tests.integration.catalog.collecting import Catalog, Command, end_of
from tests.kit.database import Database
from tests.kit.process import Finished

REPORT = Report(
    manifests=2,
    marked=3,
    marked_bytes=2048,
    deleted=4,
    freed_bytes=36864,
    revived=1,
    kept=5,
    uploads=6,
    repositories=1,
)


@asynccontextmanager
async def _answered(
    command: Command, catalog: Catalog, *options: str, report: Report, error: str | None = None
) -> AsyncIterator[tuple[Run, Finished]]:
    with command.running(*options) as process:
        run = await catalog.request()
        await catalog.begin(run)
        await catalog.finish(run, report, error)
        yield run, await end_of(process)


async def test_the_report_says_what_was_freed_deleted_marked_revived_and_kept(
    command: Command, catalog: Catalog, emptied: Database
) -> None:
    with command.running() as process:
        run = await catalog.request()
        await catalog.begin(run)
        await emptied.execute(
            "UPDATE catalog.garbage_runs SET known_at = '2026-03-01T10:00:00.5Z' WHERE id = $1",
            run.id,
        )
        await catalog.finish(run, REPORT)
        done = (await end_of(process)).checked()
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "Deleted: 2 untagged manifests, 4 blobs. Freed: 36864 bytes (36.0 KiB).",
        "Marked: 3 blobs with 2.0 KiB. To be deleted after 2026-03-02 10:00 UTC, unless something"
        " needs them until then.",
        "Revived: 1 blob, which clients asked for.",
        "Kept: 5 marked blobs, which an image or a push needs again.",
        "Purged: 6 abandoned uploads, 1 empty repository.",
    ]
    assert (run.is_dry, run.untagged_days, run.grace_minutes) == (False, None, None)


async def test_the_report_says_why_a_sweep_waits(command: Command, catalog: Catalog) -> None:
    report = Report(hold="a backup, until 2026-03-01 11:00 UTC at the latest")
    async with _answered(command, catalog, report=report) as (_, done):
        assert done.checked().stdout.splitlines()[1:] == [
            "Not deleted: what has waited, because of a backup,"
            " until 2026-03-01 11:00 UTC at the latest."
        ]


async def test_a_report_of_nothing_is_one_line(command: Command, catalog: Catalog) -> None:
    async with _answered(command, catalog, report=Report()) as (_, done):
        assert done.checked().stdout == (
            "Deleted: 0 untagged manifests, 0 blobs. Freed: 0 bytes (0 B).\n"
        )


async def test_a_dry_run_says_what_it_would_do(command: Command, catalog: Catalog) -> None:
    async with _answered(command, catalog, "--dry-run", report=REPORT) as (run, done):
        assert run.is_dry
        assert done.checked().stdout.splitlines() == [
            "Would delete: 2 untagged manifests. Would mark: 3 blobs with 2.0 KiB that nothing"
            " needs.",
            "Nothing was changed.",
        ]


@pytest.mark.parametrize("options", [["--json"], ["--json", "--dry-run"]])
async def test_json_is_one_object(command: Command, catalog: Catalog, options: list[str]) -> None:
    async with _answered(command, catalog, *options, report=REPORT) as (run, done):
        assert done.checked().stderr == ""
        shown = json.loads(done.stdout)
        assert (shown["id"], shown["is_dry"]) == (run.id, "--dry-run" in options)
        assert shown["error"] is None
        assert shown["report"]["freed_bytes"] == 36864
        assert shown["report"]["manifests"] == 2
        assert shown["finished_at"] > shown["begun_at"] >= shown["requested_at"]
        assert shown["due_at"] is None


async def test_a_failed_repository_is_named_and_the_status_is_1(
    command: Command, catalog: Catalog
) -> None:
    report = Report(failures={"team/app": "the registry failed [again]"}, further_failures=3)
    async with _answered(command, catalog, report=report) as (_, done):
        pass
    assert done.status == 1
    assert done.stdout.splitlines()[1:] == [
        "Not collected: team/app: the registry failed [again]",
        "Not collected: 3 further",
    ]


async def test_a_failed_run_is_one_line_after_its_report_and_the_status_is_1(
    command: Command, catalog: Catalog
) -> None:
    async with _answered(command, catalog, report=Report(), error="interrupted") as (_, done):
        assert done.status == 1
        assert done.stdout.startswith("Deleted: 0 untagged manifests")
        assert done.stderr == "moorage: the garbage collection failed: interrupted\n"


async def test_options_replace_the_settings_for_the_run(command: Command, catalog: Catalog) -> None:
    options = ("--untagged-days", "0", "--grace-minutes", "30")
    async with _answered(command, catalog, *options, report=Report()) as (run, done):
        assert (run.untagged_days, run.grace_minutes) == (0, 30)
        assert done.checked().stderr == ""


async def test_a_wait_shorter_than_the_lifetime_of_push_tokens_gets_a_warning(
    command: Command, catalog: Catalog
) -> None:
    async with _answered(command, catalog, "--grace-minutes", "29", report=Report()) as (_, done):
        assert done.checked().stderr == (
            "moorage: warning: 29 minutes are less than the lifetime of a push token (1800 s):"
            " a client that found a blob in the registry may have to repeat its push\n"
        )


@pytest.mark.parametrize(
    "option",
    [("--untagged-days", "-1"), ("--grace-minutes", "many"), ("--grace-minutes", "525601")],
)
async def test_a_wrong_number_of_an_option_is_refused(
    command: Command, option: tuple[str, str]
) -> None:
    done = await command.finished(*option)
    assert done.status == 2
    assert option[0] in done.stderr


async def test_another_open_run_is_an_error(
    command: Command, catalog: Catalog, engine: AsyncEngine
) -> None:
    async with engine.begin() as tx:
        assert await queries.request_run(tx) is not None
    done = await command.finished()
    assert (done.status, done.stdout, done.stderr) == (
        1,
        "",
        "moorage: another garbage collection is running\n",
    )


async def test_an_unreachable_database_is_an_error(command: Command) -> None:
    command.environment["CATALOG_DATABASE_URL"] = "postgresql://a:b@127.0.0.1:9/moorage"
    done = await command.finished()
    assert (done.status, done.stderr) == (
        1,
        "moorage: the database cannot be reached; is Moorage running?\n",
    )
