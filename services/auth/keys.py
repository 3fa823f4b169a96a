"""The keys of registry tokens, read again when the directory changes, so that they rotate without a restart (spec 3)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from libs.common.jwt import SigningKey, load_signing_keys

_LOOK_EVERY_SECONDS = 5.0
_log = structlog.get_logger()


class TokenKeys:
    """The keys ``*.pem`` in ``directory``, newest first: the first signs, all are published.

    Raises ValueError at the start when there is none; later on what cannot be read leaves the keys as they were.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen = self._names()
        self._keys = load_signing_keys(directory)

    def all(self) -> Sequence[SigningKey]:
        """Every key, newest first."""
        return self._keys

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._directory.glob("*.pem"))

    async def run(self) -> None:
        """Look for new and removed keys until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        names = self._names()
        if names == self._seen:
            return
        try:
            self._keys = load_signing_keys(self._directory)
            self._seen = names
            _log.info("token keys read", count=len(self._keys))
        except (OSError, ValueError) as error:
            _log.error("token keys cannot be read", reason=str(error))
