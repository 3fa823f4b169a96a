"""Records logins and uses of keys and tokens outside the request, many at once."""

import json
import uuid
from datetime import UTC, datetime
from typing import Protocol

import structlog

from libs.common.db.engine import Engine, Tx, is_unreachable
from services.auth.last_used import queries

_log = structlog.get_logger()
_LastUses = dict[uuid.UUID, tuple[datetime, str]]


class WriteUses(Protocol):
    """Writes the last uses of keys or tokens of one kind."""

    async def __call__(self, tx: Tx, *, last_uses: queries.LastUses) -> None:
        """Write ``last_uses`` in the transaction."""


class LastUsedRecorder:
    """Collects the newest use of each key and token in memory until ``flush`` writes them.

    ``write_refresh_tokens`` writes the uses of refresh tokens, which extend their validity.
    """

    def __init__(self, engine: Engine, *, write_refresh_tokens: WriteUses) -> None:
        self._engine = engine
        self._write_refresh_tokens = write_refresh_tokens
        self._logins: dict[int, datetime] = {}
        self._refresh_tokens: _LastUses = {}
        self._access_tokens: _LastUses = {}
        self._api_keys: _LastUses = {}

    def record_login(self, docker_user_id: int) -> None:
        """Record that the Docker user has logged in now."""
        self._logins[docker_user_id] = datetime.now(UTC)

    def record_refresh_token(self, id: uuid.UUID, client_address: str) -> None:
        """Record that the refresh token was used now."""
        self._refresh_tokens[id] = (datetime.now(UTC), client_address)

    def record_access_token(self, id: uuid.UUID, client_address: str) -> None:
        """Record that the access token was used now."""
        self._access_tokens[id] = (datetime.now(UTC), client_address)

    def record_api_key(self, notification: str) -> None:
        """Record that an API key was used now, as a service notified (libs.common.db.key_use)."""
        id, client_address = json.loads(notification)
        self._api_keys[uuid.UUID(id)] = (datetime.now(UTC), client_address)

    async def flush(self) -> None:
        """Write the collected uses; if the database is unreachable, keep them for the next call."""
        logins, self._logins = self._logins, {}
        refresh_tokens, self._refresh_tokens = self._refresh_tokens, {}
        access_tokens, self._access_tokens = self._access_tokens, {}
        api_keys, self._api_keys = self._api_keys, {}
        if not (logins or refresh_tokens or access_tokens or api_keys):
            return
        try:
            async with self._engine.begin() as tx:
                if logins:
                    await queries.put_last_logins(tx, logins=logins)
                if refresh_tokens:
                    await self._write_refresh_tokens(tx, last_uses=refresh_tokens)
                if access_tokens:
                    await queries.update_access_tokens(tx, last_uses=access_tokens)
                if api_keys:
                    await queries.update_api_keys(tx, last_uses=api_keys)
        except Exception as error:
            if not is_unreachable(error):
                _log.error("last uses not written", exc_info=error)
                return
            self._logins = logins | self._logins
            self._refresh_tokens = refresh_tokens | self._refresh_tokens
            self._access_tokens = access_tokens | self._access_tokens
            self._api_keys = api_keys | self._api_keys
