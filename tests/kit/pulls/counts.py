"""Pull counts from the API, read after every earlier event has been counted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.pulls.sums import sums_that_differ
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

Counts = dict[str, tuple[int, int]]
"""(pulls, checks) by tag. The tag "" stands for pulls by digest."""

SETTLED_SECONDS = 60.0


@dataclass
class PullCounts:
    """The pull counts that ``account`` can read.

    The registry delivers events in order. When a pull of the repository ``marker`` is counted, all
    events before it have arrived.

    Args:
        stack: the installation.
        account: the owner of the repositories.
        admin: an administrator.
        registry: a client that can push to and pull from ``marker``.
        marker: the path of a repository of the account.
    """

    stack: Stack
    account: Account
    admin: Account
    registry: Registry
    marker: str
    _marks: int = field(default=0, init=False)

    def settle(self) -> None:
        """Wait until every earlier event is counted."""
        if not self._marks:
            self.registry.push(make_image(), self.marker, "v1")
            eventually(
                lambda: self.account.repository(self.marker),
                within=SETTLED_SECONDS,
                what="the marker in the catalog",
            )
        assert self.registry.manifest(self.marker, "v1").is_success
        self._marks += 1
        eventually(
            lambda: self.points(self.marker)["total"],
            lambda total: total == self._marks,
            within=SETTLED_SECONDS,
            what="the marker's pull",
        )
        eventually(
            self.pending,
            lambda pending: pending == 0,
            within=SETTLED_SECONDS,
            what="the end of the queue",
        )

    def pending(self) -> int:
        """Return the number of events that are not counted yet."""
        pending: int = self.admin.call("GET", "/events/status")["pending"]
        return pending

    def points(self, repository: str, **query: str) -> Any:
        """Return the response of `/pulls` for a repository."""
        return self.account.call("GET", "/pulls", params={"repository": repository, **query})

    def of(self, repository: str, *tags: str) -> Counts:
        """Return the counts of ``tags`` and of pulls by digest, without zero counts.

        Asserts that their sum is the count of the repository.
        """
        found = {tag: _sums(self.points(repository, tag=tag)) for tag in (*tags, "")}
        everything = _sums(self.points(repository))
        assert everything == (
            sum(pulls for pulls, _ in found.values()),
            sum(checks for _, checks in found.values()),
        )
        return {tag: counts for tag, counts in found.items() if counts != (0, 0)}

    def assert_sums_hold(self) -> None:
        """Wait until the sums of hours, tags, and repositories agree in the whole installation."""
        url = (self.stack.data / "secrets" / "owner" / "database_url").read_text().strip()
        eventually(
            lambda: asyncio.run(_differing(url)),
            lambda rows: not rows,
            within=SETTLED_SECONDS,
            what="sums that add up",
        )


def _sums(answer: Any) -> tuple[int, int]:
    pulls, checks = (sum(point[what] for point in answer["points"]) for what in ("pulls", "checks"))
    assert answer["total"] == pulls
    return pulls, checks


async def _differing(url: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return await sums_that_differ(connection)
    finally:
        await connection.close()
