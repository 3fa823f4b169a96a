"""`/readyz`: the process started once with a usable database, and is not draining."""

import signal
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from libs.common.web.health import SCHEMA_REVISION
from ops.run.serve import Server
from tests.integration.events.conftest import Registry, events_settings, running
from tests.integration.events.test_outage import through
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.relay import relay
from tests.kit.sessions import Secrets


async def test_service_stays_ready_while_the_database_is_unreachable(
    emptied: Database, events_secrets: Secrets
) -> None:
    port = urlsplit(emptied.urls["events"]).port
    assert port is not None
    async with relay(port) as line:
        url = through(emptied.urls["events"], line.port)
        async with running(events_settings(url, events_secrets)) as (_, http):
            assert (await http.get("/readyz")).status_code == 200
            await line.cut()
            assert (await Registry(http).deliver(event(tag="v1"))).status_code == 503
            assert (await http.get("/readyz")).status_code == 200
            assert (await http.get("/healthz")).status_code == 200
            await line.repair()


@pytest.mark.parametrize(
    ("revision", "status"), [("9999", 200), ("0001", 503), ("not a number", 503)]
)
async def test_service_accepts_a_newer_schema_and_no_older_one(
    emptied: Database, events_secrets: Secrets, revision: str, status: int
) -> None:
    await _set_revision(emptied, revision)
    try:
        settings = events_settings(emptied.urls["events"], events_secrets)
        async with running(settings) as (_, http):
            response = await http.get("/readyz")
    finally:
        await _set_revision(emptied, SCHEMA_REVISION)
    assert response.status_code == status
    if status == 503:
        assert response.json()["reason"] == f"the schema is {revision}, older than this code"


async def _set_revision(database: Database, revision: str) -> None:
    await database.execute("UPDATE moorage.alembic_version SET version_num = $1", revision)


async def test_service_that_receives_sigterm_is_not_ready(
    app_and_client: tuple[FastAPI, httpx.AsyncClient],
) -> None:
    app, http = app_and_client
    assert (await http.get("/readyz")).status_code == 200
    Server(uvicorn.Config(app)).handle_exit(signal.SIGTERM, None)
    response = await http.get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "draining")
    assert (await http.get("/healthz")).status_code == 200
