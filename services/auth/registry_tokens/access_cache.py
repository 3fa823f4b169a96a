"""What one replica remembers for the token path: credentials, permissions and tokens, and which change forgets which of them."""

from collections.abc import Callable, Collection, Mapping

import structlog

from libs.common.db.engine import Engine
from services.auth.access.domain import Permission
from services.auth.access.queries import list_closed, list_permissions
from services.auth.access_tokens import domain as access_tokens
from services.auth.access_tokens import queries as access_token_queries
from services.auth.access_tokens.domain import AccessToken
from services.auth.cache.confirmed import ConfirmedCache
from services.auth.cache.listener import InvalidationListener
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.credentials.queries import list_docker_users
from services.auth.refresh_tokens.domain import UNKNOWN, RefreshToken, Unknown
from services.auth.refresh_tokens.queries import list_by_hash
from services.auth.write_gate.usecases import WriteGate

ANYONE = 0
"""Instead of a Docker user's id: what nobody needs to sign in for."""
_log = structlog.get_logger()


class AccessCache:
    """Five bounded memories, and the gate of writes, on one change link.

    A permission is kept for (Docker user's id or ``ANYONE``, namespace); ``closed``: the repositories of a namespace that nobody may use.
    """

    def __init__(self, url: str, engine: Engine, on_key_use: Callable[[str], None]) -> None:
        self._engine = engine
        self.link = InvalidationListener(url, self.changed, on_key_use)
        self.credentials = ConfirmedCache[str, Credential | Nobody](
            self.link, self._read_credentials, size=20_000
        )
        self.permissions = ConfirmedCache[tuple[int, str], Permission](
            self.link, self._read_permissions, size=100_000
        )
        self.closed = ConfirmedCache[str, frozenset[str]](
            self.link, self._read_closed, size=100_000
        )
        self.access_tokens = ConfirmedCache[bytes, AccessToken | access_tokens.Unknown](
            self.link, self._read_access_tokens, size=20_000
        )
        self.refresh_tokens = ConfirmedCache[bytes, RefreshToken | Unknown](
            self.link, self._read_refresh_tokens, size=20_000
        )
        self.writes = WriteGate(engine, self.link)

    def changed(self, payload: str) -> None:
        """Forget what a notification of the catalog's or of auth's own triggers names."""
        kind, _, rest = payload.partition(":")
        match kind:
            case "docker_user":
                self.credentials.forget(rest)
            case "account":
                account_id = int(rest)
                self.credentials.forget_where(
                    lambda _, c: c is None or isinstance(c, Nobody) or c.account_id == account_id
                )
            case "namespace":
                self.permissions.forget_where(lambda key, _: key[1] == rest)
            case "repository":
                self.closed.forget(rest)
            case "grant":
                docker_user_id, _, namespace = rest.partition(":")
                self.permissions.forget((int(docker_user_id), namespace))
            case "access_token":
                self.access_tokens.forget(bytes.fromhex(rest))
            case "refresh_token":
                self.refresh_tokens.forget(bytes.fromhex(rest))
            case "writes":
                self.writes.changed()
            case _:
                _log.error("unknown change notified", kind=kind)

    async def _read_credentials(
        self, usernames: Collection[str]
    ) -> Mapping[str, Credential | Nobody]:
        async with self._engine.connect() as tx:
            found = await list_docker_users(tx, usernames=usernames)
        return {username: found.get(username, NOBODY) for username in usernames}

    async def _read_permissions(
        self, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], Permission]:
        who = next(iter(keys))[
            0
        ]  # a request asks for one Docker user, so one query reads all that is missing
        namespaces = [namespace for _, namespace in keys]
        async with self._engine.connect() as tx:
            found = await list_permissions(tx, docker_user_id=who or None, namespaces=namespaces)
        return {(who, namespace): found.get(namespace, Permission.NONE) for namespace in namespaces}

    async def _read_closed(self, namespaces: Collection[str]) -> Mapping[str, frozenset[str]]:
        async with self._engine.connect() as tx:
            return await list_closed(tx, namespaces=namespaces)

    async def _read_access_tokens(
        self, hashes: Collection[bytes]
    ) -> Mapping[bytes, AccessToken | access_tokens.Unknown]:
        async with self._engine.connect() as tx:
            found = await access_token_queries.list_by_hash(tx, hashes=hashes)
        return {token_hash: found.get(token_hash, access_tokens.UNKNOWN) for token_hash in hashes}

    async def _read_refresh_tokens(
        self, hashes: Collection[bytes]
    ) -> Mapping[bytes, RefreshToken | Unknown]:
        async with self._engine.connect() as tx:
            found = await list_by_hash(tx, hashes=hashes)
        return {token_hash: found.get(token_hash, UNKNOWN) for token_hash in hashes}
