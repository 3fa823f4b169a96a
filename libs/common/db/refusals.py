"""Audits refused credentials, without letting whoever sends them fill the trail.

No unauthenticated request may make a table grow without bound (spec 14), and anyone can send wrong
passwords, tokens, cookies, and API keys. So the service does not write an entry for each refusal:

- Refusals of one action, object, and source within an hour are one window. The first ones are
  written within a second, as one entry. The others are counted in memory, and written as one more
  entry when the hour is over. ``occurrences`` of an entry is their number.
- A refusal belongs to an account only if the credential names a real one. What an unknown
  credential names is not stored: it may be a password that was typed into the wrong field.
- An account has at most MAX_PER_OWNER windows at once, and all refusals without an account together
  as many. All accounts have at most MAX_WINDOWS. Refusals beyond that are counted in one more
  window, which names neither object nor address.

So a replica writes about 2 * MAX_WINDOWS entries per hour at most, whatever is sent to it. If a
process is killed, the counts of its open windows are lost. Their first entries are not.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import audit
from libs.common.db.audit import AuditEntry
from libs.common.db.engine import is_unreachable
from libs.common.security.sources import source_of

MAX_PER_OWNER = 100
MAX_WINDOWS = 1000
_WINDOW_SECONDS = 3600.0
_FLUSH_SECONDS = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Key:
    action: str
    target: str
    owner_id: int | None
    source: str | None


@dataclass(slots=True)
class _Window:
    """``count`` refusals that are not written, since ``started_at``."""

    client_address: str | None
    started_at: float
    count: int = 0
    is_new: bool = True


class RefusalRecorder:
    """Counts refused credentials, and appends them to ``table`` in the background."""

    def __init__(
        self, engine: AsyncEngine, table: sa.Table, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._table = table
        self._clock = clock
        self._windows: dict[_Key, _Window] = {}
        self._owners: Counter[int | None] = Counter()

    def record(
        self, *, action: str, target: str, owner_id: int | None, client_address: str
    ) -> None:
        """Record that credentials were refused now. It costs no I/O.

        ``target`` names the object that the credential belongs to, as in its API path.
        ``owner_id`` is the account that owns it; None if the credential belongs to no account, and
        then only the kind of ``target`` is stored.
        """
        kind = target.partition("/")[0]
        if owner_id is None:
            target = f"{kind}/-"
        address: str | None = client_address
        key = _Key(action, target, owner_id, source_of(client_address))
        if key not in self._windows:
            if self._owners[owner_id] >= MAX_PER_OWNER:
                key, address = _Key(action, f"{kind}/-", owner_id, None), None
            if key not in self._windows and len(self._windows) >= MAX_WINDOWS:
                key, address = _Key(action, "-", None, None), None
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(address, self._clock())
            self._owners[key.owner_id] += 1
        window.count += 1

    async def run(self) -> None:
        """Write every second until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write new windows and those whose hour is over. If the database fails, keep them."""
        now = self._clock()
        over = [k for k, w in self._windows.items() if now - w.started_at >= _WINDOW_SECONDS]
        due = {k: self._windows[k] for k in over} | {
            k: w for k, w in self._windows.items() if w.is_new
        }
        if not await self._write(due):
            return
        for window in due.values():
            window.is_new = False
        for key in over:
            del self._windows[key]
            self._owners[key.owner_id] -= 1
            if not self._owners[key.owner_id]:
                del self._owners[key.owner_id]

    async def close(self) -> None:
        """Write everything, when the service stops."""
        await self._write(self._windows)

    async def _write(self, windows: dict[_Key, _Window]) -> bool:
        """Write the counts of ``windows`` and reset them; return False if the database fails."""
        counts = {key: window.count for key, window in windows.items() if window.count}
        if not counts:
            return True
        entries = [_entry(key, windows[key].client_address, n) for key, n in counts.items()]
        try:
            async with self._engine.begin() as tx:
                await audit.append(tx, self._table, *entries)
        except Exception as error:
            _log.warning(
                "refused credentials not audited",
                reason=type(error).__name__,
                exc_info=not is_unreachable(error),
            )
            return False
        for key, count in counts.items():
            windows[key].count -= count
        return True


def _entry(key: _Key, client_address: str | None, occurrences: int) -> AuditEntry:
    return AuditEntry(
        key.action,
        key.target,
        None,
        None,
        client_address,
        owner_id=key.owner_id,
        occurrences=occurrences,
    )
