"""The webhook: who may deliver, what is kept, and what is answered."""

from tests.integration.events.conftest import Registry, counts
from tests.support.database import Database
from tests.support.envelopes import event


async def test_a_pull_is_stored_and_counted(registry: Registry, emptied: Database) -> None:
    answer = await registry.deliver(event(tag="v1"))
    assert answer.status_code == 202
    assert await counts(emptied) == {"v1": (1, 0)}
