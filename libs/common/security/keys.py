"""The signing keys in a directory. They rotate without a restart (spec 3)."""

import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from libs.common.security.jwt import SigningKey, load_signing_keys

_CHECK_SECONDS = 1.0
_log = structlog.get_logger()


class SigningKeys:
    """The keys ``*.pem`` of ``directory``, newest first: the first one signs, all are published.

    At most once per second, a call lists the directory and reloads the keys if the file names
    changed. If the new keys cannot be read, that is logged and the loaded keys stay in use.
    The constructor raises ValueError if the directory holds no EC P-256 key.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names = self._list_names()
        self._keys = load_signing_keys(directory)
        self._checked_at = time.monotonic()

    def all(self) -> Sequence[SigningKey]:
        """Return every key, newest first."""
        now = time.monotonic()
        if now - self._checked_at >= _CHECK_SECONDS:
            self._checked_at = now
            self._load_if_changed()
        return self._keys

    def newest(self) -> SigningKey:
        """Return the key that signs."""
        return self.all()[0]

    def _list_names(self) -> list[str]:
        return sorted(path.name for path in self._directory.glob("*.pem"))

    def _load_if_changed(self) -> None:
        try:
            names = self._list_names()
            if names == self._names:
                return
            self._keys = load_signing_keys(self._directory)
            self._names = names
        except (OSError, ValueError) as error:
            _log.error(
                "cannot read the signing keys", directory=str(self._directory), reason=str(error)
            )
        else:
            _log.info("signing keys loaded", directory=str(self._directory), count=len(self._keys))
