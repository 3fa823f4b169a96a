"""Record denials in the background, and list them for the owner of a namespace."""

from collections import Counter
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import Engine, Tx, is_unreachable
from libs.common.db.pagination import Page, PageRequest
from services.auth.access.domain import OwnedNamespace
from services.auth.denials import queries
from services.auth.denials.domain import MAX_PER_CLIENT, Denial, Denied

_MAX_WAITING = 2_000
_log = structlog.get_logger()


class DenialRecorder:
    """Counts denials in memory, and writes them when ``flush`` is called, once per second.

    Between two writes, it counts at most MAX_PER_CLIENT kinds of denials per client, and
    _MAX_WAITING in all. It ignores more, so that no client can fill the memory.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts: Counter[Denied] = Counter()
        self._clients: Counter[int] = Counter()

    def record(self, denied: Denied) -> None:
        """Record a denial that happens now. It costs no I/O."""
        if denied not in self._counts:
            client = denied.docker_user_id
            if self._clients[client] >= MAX_PER_CLIENT or len(self._counts) >= _MAX_WAITING:
                return
            self._clients[client] += 1
        self._counts[denied] += 1

    async def flush(self) -> None:
        """Write what was recorded. If the database fails, it is lost: it only helps people."""
        counts, self._counts = self._counts, Counter()
        self._clients.clear()
        if not counts:
            return
        try:
            async with self._engine.begin() as tx:
                await queries.add(tx, counts=counts, at=datetime.now(UTC))
        except Exception as error:
            _log.warning(
                "denials not written",
                reason=type(error).__name__,
                exc_info=not is_unreachable(error),
            )


async def list_denials(*, tx: Tx, actor: OwnedNamespace, page: PageRequest) -> Page[Denial]:
    """Return the denials of the last seven days in the actor's namespace, newest first."""
    return await queries.list_page(
        tx, namespace=actor.namespace, sees_all=actor.principal.is_admin, page=page
    )
