"""`/storage`: the blobs by state, and the runs of garbage collection, for administrators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.catalog.app import create_app
from services.catalog.gc.runs.domain import Phase, Report, Run
from tests.integration.catalog.collecting import Catalog
from tests.integration.catalog.conftest import catalog_settings
from tests.kit.database import Database
from tests.kit.sessions import Secrets

RUNS = "/api/v1/storage/runs"
REPORT = Report(blobs=10, blob_bytes=1000, manifests=1, deleted=2, freed_bytes=4096)


@pytest.fixture
async def app(emptied: Database, catalog_secrets: Secrets) -> AsyncIterator[FastAPI]:
    """The app without its workers: the test does what the worker of garbage collection does."""
    settings = catalog_settings(
        emptied, catalog_secrets, "http://127.0.0.1:9", gc_grace_minutes=60, gc_schedule_hours=24
    )
    app = create_app(settings)
    yield app
    await app.state.engine.dispose()


async def _storage(admin: httpx.AsyncClient) -> dict[str, object]:
    response = await admin.get("/api/v1/storage")
    assert response.status_code == 200
    body: dict[str, object] = response.json()
    return body


async def _finished(
    catalog: Catalog, admin: httpx.AsyncClient, report: Report, error: str | None = None
) -> Run:
    assert (await admin.post(RUNS)).status_code == 201
    run = await catalog.request()
    await catalog.begin(run)
    await catalog.finish(run, report, error)
    return run


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/storage"),
        ("POST", RUNS),
        ("GET", f"{RUNS}/1"),
        ("DELETE", f"{RUNS}/current"),
    ],
)
async def test_a_member_cannot_see_or_change_the_storage(
    acme: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await acme.request(method, path)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_before_the_first_run_nothing_is_counted(
    admin: httpx.AsyncClient, emptied: Database
) -> None:
    storage = await _storage(admin)
    none = {"count": 0, "size_bytes": 0}
    (row,) = await emptied.fetch("SELECT min(created_at) AS at FROM catalog.accounts")
    assert storage == {
        "live": None,
        "doomed": none,
        "deleting": none,
        "counted_at": None,
        "due_at": None,
        "next_run_at": _shown(row["at"] + timedelta(hours=24)),
        "current_run": None,
        "last_run": None,
        "holds": [],
    }


async def test_a_hold_is_shown_with_its_reason(admin: httpx.AsyncClient, emptied: Database) -> None:
    (row,) = await emptied.fetch(
        "INSERT INTO catalog.storage_holds (reason, expires_at)"
        " VALUES ('a backup', now() + interval '1 hour') RETURNING *"
    )
    assert (await _storage(admin))["holds"] == [
        {
            "id": row["id"],
            "reason": "a backup",
            "begun_at": _shown(row["begun_at"]),
            "expires_at": _shown(row["expires_at"]),
        }
    ]


async def test_blobs_are_counted_by_state_and_the_next_run_is_when_the_first_are_due(
    admin: httpx.AsyncClient, catalog: Catalog, emptied: Database
) -> None:
    run = await _finished(catalog, admin, REPORT)
    await emptied.execute(
        "INSERT INTO catalog.garbage_blobs (digest, state, size_bytes, run, epoch)"
        " VALUES ('sha256:a', 'doomed', 100, $1, catalog.epoch()),"
        " ('sha256:b', 'doomed', 20, $1, catalog.epoch()),"
        " ('sha256:c', 'deleting', 3, $1, catalog.epoch()),"
        " ('sha256:of-a-backup', 'doomed', 9, $1, 'another epoch')",
        run.id,
    )
    (row,) = await emptied.fetch(
        "UPDATE catalog.garbage_runs SET known_at = now() RETURNING known_at, begun_at"
    )
    storage = await _storage(admin)
    assert storage["live"] == {"count": 7, "size_bytes": 877}
    assert storage["doomed"] == {"count": 2, "size_bytes": 120}
    assert storage["deleting"] == {"count": 1, "size_bytes": 3}
    assert storage["counted_at"] == _shown(row["begun_at"])
    assert storage["due_at"] == _shown(row["known_at"] + timedelta(minutes=60))
    assert storage["next_run_at"] == storage["due_at"]


async def test_the_last_run_shows_its_times_report_and_error(
    admin: httpx.AsyncClient, catalog: Catalog, emptied: Database
) -> None:
    report = Report(freed_bytes=5, failures={"team/app": "the registry failed"})
    run = await _finished(catalog, admin, report, "interrupted")
    (row,) = await emptied.fetch("SELECT begun_at, finished_at FROM catalog.garbage_runs")
    storage = await _storage(admin)
    shown = storage["last_run"]
    assert isinstance(shown, dict)
    assert (shown["id"], shown["error"], shown["phase"]) == (run.id, "interrupted", "done")
    assert shown["begun_at"] == _shown(row["begun_at"])
    assert shown["finished_at"] == _shown(row["finished_at"])
    assert shown["report"]["freed_bytes"] == 5
    assert shown["report"]["failures"] == {"team/app": "the registry failed"}
    # A run that has failed before it listed the storage has counted nothing.
    assert (storage["live"], storage["current_run"]) == (None, None)
    assert (await admin.get(f"{RUNS}/{run.id}")).json() == shown


async def test_an_administrator_starts_a_run_and_follows_it(
    admin: httpx.AsyncClient, catalog: Catalog
) -> None:
    created = await admin.post(RUNS)
    assert created.status_code == 201
    run = await catalog.request()
    assert created.headers["location"] == f"{RUNS}/{run.id}"
    assert (created.json()["phase"], created.json()["is_dry"]) == ("requested", False)
    await catalog.begin(run)
    await catalog.progress(run, Phase.SWEEPING, 3, 8)
    storage = await _storage(admin)
    current = storage["current_run"]
    assert isinstance(current, dict)
    assert (current["phase"], current["done"], current["total"]) == ("sweeping", 3, 8)
    assert (current["finished_at"], storage["last_run"], storage["next_run_at"]) == (None,) * 3
    assert (await admin.get(created.headers["location"])).json() == current


async def test_the_result_of_a_dry_run_is_not_that_of_the_last_run(
    admin: httpx.AsyncClient, catalog: Catalog
) -> None:
    created = await admin.post(RUNS, json={"is_dry": True})
    run = await catalog.request()
    assert run.is_dry
    await catalog.begin(run)
    await catalog.finish(run, REPORT)
    storage = await _storage(admin)
    assert storage["last_run"] is None
    assert storage["live"] == {"count": 10, "size_bytes": 1000}
    shown = (await admin.get(created.headers["location"])).json()
    assert (shown["is_dry"], shown["report"]["manifests"]) == (True, 1)


async def test_a_second_run_is_a_conflict(admin: httpx.AsyncClient) -> None:
    assert (await admin.post(RUNS)).status_code == 201
    second = await admin.post(RUNS, json={})
    assert (second.status_code, second.json()["code"]) == (409, "gc_in_progress")


@pytest.mark.parametrize("body", [{"is_dry": "yes"}, {"dry_run": True}, []])
async def test_a_wrong_body_is_refused(admin: httpx.AsyncClient, body: object) -> None:
    response = await admin.post(RUNS, json=body)
    assert (response.status_code, response.json()["code"]) == (422, "validation_error")
    assert (await _storage(admin))["current_run"] is None


async def test_an_administrator_stops_the_run(admin: httpx.AsyncClient, catalog: Catalog) -> None:
    missing = await admin.delete(f"{RUNS}/current")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert missing.json()["detail"] == "No garbage collection is running."
    await admin.post(RUNS)
    run = await catalog.request()
    await catalog.begin(run)
    stopped = await admin.delete(f"{RUNS}/current")
    assert (stopped.status_code, stopped.json()["id"]) == (202, run.id)
    assert stopped.json()["stop_requested"]
    assert not await catalog.progress(run, Phase.LISTING, 1, None)


@pytest.mark.parametrize("id", ["7", "9223372036854775807"])
async def test_an_unknown_run_is_not_found(admin: httpx.AsyncClient, id: str) -> None:
    response = await admin.get(f"{RUNS}/{id}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_starting_and_stopping_are_audited(admin: httpx.AsyncClient) -> None:
    started = (await admin.post(RUNS, json={"is_dry": True})).json()
    await admin.delete(f"{RUNS}/current")
    shown = await admin.get("/api/v1/audit", params={"action": "garbage_collection"})
    stop, create = shown.json()["items"]
    target = f"storage/runs/{started['id']}"
    assert (stop["action"], stop["target"]) == ("garbage_collection.stop", target)
    assert (create["action"], create["target"]) == ("garbage_collection.create", target)
    assert (create["account"], create["via"]) == ("admin", "session")
    assert create["changes"] == {"is_dry": [None, True]}


def _shown(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
