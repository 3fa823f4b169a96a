"""The namespaces to which no upload can begin, because their account has used up its quota."""

import asyncio

import structlog

from libs.common.db.engine import Engine, is_unreachable
from services.auth.gate import queries
from services.auth.gate.domain import FullQuota, Refusal

SECONDS = 1.0
"""The time between two loads."""
_LOAD_CALL_SECONDS = 5.0
_log = structlog.get_logger()


class FullNamespaces:
    """Loads the namespaces of full accounts. Few are full, so all of them are loaded each time.

    If the database is unreachable, the last ones count. Admission refuses manifests in any case.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._full: dict[str, FullQuota] = {}

    def find_refusal(self, repository: str) -> Refusal | None:
        """Return the refusal of an upload to the repository, or None if its account has room."""
        full = self._full.get(repository.partition("/")[0])
        return None if full is None else full.refusal

    async def load(self) -> None:
        """Load the namespaces; keep the earlier ones if that fails."""
        try:
            async with asyncio.timeout(_LOAD_CALL_SECONDS), self._engine.connect() as tx:
                self._full = await queries.list_full_namespaces(tx)
        except Exception as error:
            if is_unreachable(error):
                _log.warning("full quotas not loaded", reason=type(error).__name__)
            else:
                _log.error("full quotas not loaded", exc_info=error)
