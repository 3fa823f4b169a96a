"""Writes who signed in, and which refresh tokens were used, a moment later and many at once: never in the request."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import structlog

from libs.common.db.engine import Engine, is_unreachable
from services.auth.access_tokens.queries import delete_ended as delete_ended_access_tokens
from services.auth.last_used.queries import touch
from services.auth.passwords import queries
from services.auth.refresh_tokens import queries as refresh_tokens
from services.auth.tables import access_tokens, api_keys

_FLUSH_SECONDS = 1.0
_CLEAN_EVERY = 300
_log = structlog.get_logger()
Uses = dict[uuid.UUID, tuple[datetime, str]]


class LastUsedRecorder:
    """Collects uses in memory, the newest per object, and writes them every second; ``lifetime`` is that of a refresh token."""

    def __init__(self, engine: Engine, *, lifetime: timedelta) -> None:
        self._engine = engine
        self._lifetime = lifetime
        self._logins: dict[int, datetime] = {}
        self._refresh: Uses = {}
        self._access: Uses = {}
        self._keys: Uses = {}

    def docker_user_signed_in(self, docker_user_id: int) -> None:
        """This Docker user has signed in now."""
        self._logins[docker_user_id] = datetime.now(UTC)

    def refresh_token_used(self, id: uuid.UUID, client_address: str) -> None:
        """This refresh token was used now, from ``client_address``."""
        self._refresh[id] = (datetime.now(UTC), client_address)

    def access_token_used(self, id: uuid.UUID, client_address: str) -> None:
        """This access token was used now, from ``client_address``."""
        self._access[id] = (datetime.now(UTC), client_address)

    def api_key_used(self, told: str) -> None:
        """A service tells that an API key was used (``libs.common.db.key_use``)."""
        id, client_address = json.loads(told)
        self._keys[uuid.UUID(id)] = (datetime.now(UTC), client_address)

    async def run(self) -> None:
        """Write until cancelled; what the database cannot take now is kept for the next time."""
        rounds = 0
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush()
            rounds += 1
            if rounds % _CLEAN_EVERY == 0:
                await self._clean()

    async def flush(self) -> None:
        """Write what was collected."""
        logins, self._logins = self._logins, {}
        refresh, self._refresh = self._refresh, {}
        access, self._access = self._access, {}
        keys, self._keys = self._keys, {}
        if not (logins or refresh or access or keys):
            return
        try:
            async with self._engine.begin() as tx:
                if logins:
                    await queries.put_last_logins(tx, logins=logins)
                if refresh:
                    await refresh_tokens.touch(tx, uses=refresh, lifetime=self._lifetime)
                if access:
                    await touch(tx, access_tokens, uses=access)
                if keys:
                    await touch(tx, api_keys, uses=keys)
        except Exception as error:
            if not is_unreachable(error):
                _log.error("uses not written", exc_info=error)
                return
            self._logins = logins | self._logins
            self._refresh = refresh | self._refresh
            self._access = access | self._access
            self._keys = keys | self._keys

    async def _clean(self) -> None:
        try:
            async with self._engine.begin() as tx:
                await queries.delete_ended(tx)
                await refresh_tokens.delete_ended(tx)
                await delete_ended_access_tokens(tx)
        except Exception as error:
            _log.warning("ended tokens not cleaned", reason=type(error).__name__)
