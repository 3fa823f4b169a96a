"""Records which blobs clients need and upload, outside the requests, many at once."""

import asyncio

import structlog

from libs.common.db.engine import Engine, autocommit, is_unreachable
from services.auth.gate import queries

MAX_PENDING = 10_000
"""How many digests wait for the next flush. Further ones are not recorded."""
_AT_ONCE = 1_000
_FLUSH_SECONDS = 5.0
_log = structlog.get_logger()


class TouchRecorder:
    """Collects digests in memory until ``flush`` writes them.

    A sweep deletes no blob that was recorded within the grace time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending: set[bytes] = set()
        self._uploads: set[tuple[str, bytes]] = set()

    def record(self, digest: bytes) -> None:
        """Record that a client needs the blob now."""
        if len(self._pending) < MAX_PENDING:
            self._pending.add(digest)

    def record_upload(self, repository: str, digest: bytes) -> None:
        """Record that a client completes an upload now. It counts for the repository's account."""
        if len(self._uploads) < MAX_PENDING:
            self._uploads.add((repository, digest))

    async def flush(self) -> None:
        """Write what was collected; keep what was not written for the next call."""
        pending, self._pending = list(self._pending), set()
        uploads, self._uploads = list(self._uploads), set()
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                while pending:
                    async with autocommit(self._engine) as tx:
                        await queries.touch(tx, digests=pending[:_AT_ONCE])
                    del pending[:_AT_ONCE]
                while uploads:
                    async with autocommit(self._engine) as tx:
                        await queries.note_uploads(tx, uploads=uploads[:_AT_ONCE])
                    del uploads[:_AT_ONCE]
        except Exception as error:
            if is_unreachable(error):
                _log.warning("touches of blobs not written", reason=type(error).__name__)
            else:
                _log.error("touches of blobs not written", exc_info=error)
            for digest in pending:
                self.record(digest)
            for repository, digest in uploads:
                self.record_upload(repository, digest)
