"""While the disk of PostgreSQL is full, requests get 503, and work again when there is room."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from libs.common.db.engine import create_engine, is_unreachable
from ops.db.postgres import EmbeddedServer, start_embedded
from tests.integration.events.conftest import Registry, events_settings, running
from tests.kit.database import Database, create_database
from tests.kit.pulls.envelopes import event
from tests.kit.sessions import Secrets, write_secrets
from tests.kit.stack.small_disk import fill, needs_root, small_disk
from tests.kit.waiting import soon

pytestmark = needs_root


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """A PostgreSQL on a disk of 400 MB."""
    folder = Path("/tmp") / f"moorage-disk-{secrets.token_hex(4)}"
    with small_disk(folder, megabytes=400), start_embedded(folder / "data") as server:
        yield server
    folder.rmdir()


@pytest.fixture
async def full(server: EmbeddedServer) -> AsyncIterator[tuple[Database, Path]]:
    """A database on that disk, and the file that fills the disk."""
    database = await create_database(server, f"moorage_{secrets.token_hex(4)}")
    folder = server.log.parents[1]
    filler = fill(folder, leave=0)
    yield database, filler
    filler.unlink(missing_ok=True)


async def test_error_of_a_full_disk_counts_as_an_unreachable_database(
    full: tuple[Database, Path],
) -> None:
    database, _ = full
    engine = create_engine(database.urls["owner"], application_name="tests")
    try:
        with pytest.raises(sa.exc.DBAPIError) as failed:
            async with engine.begin() as tx:
                await tx.execute(
                    sa.text(
                        "CREATE TABLE events.large AS SELECT repeat(md5(n::text), 50) AS text"
                        " FROM generate_series(1, 100000) AS n"
                    )
                )
    finally:
        await engine.dispose()
    assert "No space left on device" in str(failed.value)
    assert is_unreachable(failed.value)


@pytest.fixture(scope="module")
def events_secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """The secrets of an events service."""
    return write_secrets(tmp_path_factory.mktemp("events-secrets"), "events")


async def test_webhook_answers_503_while_the_disk_is_full_and_stores_events_afterwards(
    full: tuple[Database, Path], events_secrets: Secrets
) -> None:
    database, filler = full
    number = 0
    with structlog.testing.capture_logs() as logs:
        async with running(events_settings(database.urls["events"], events_secrets)) as (_, http):

            async def deliver() -> int:
                nonlocal number
                number += 200
                events = [event(tag="v1", at=number + n) for n in range(200)]
                return (await Registry(http).deliver(*events)).status_code

            await soon(deliver, lambda status: status == 503, within=60)
            assert (await http.get("/readyz")).status_code == 200
            filler.unlink()
            await soon(deliver, lambda status: status == 202, within=10)
    assert not [line for line in logs if line["log_level"] in ("error", "critical")]
