"""What one replica caches for ``/token``, and which change invalidates which entry."""

from collections.abc import Collection, Mapping

from libs.common.db.engine import Engine
from services.auth.access.domain import Permission
from services.auth.access.queries import list_permissions, list_reserved_repositories
from services.auth.access_tokens import domain as access_tokens
from services.auth.access_tokens import queries as access_token_queries
from services.auth.access_tokens.domain import AccessToken
from services.auth.cache.confirmed import ConfirmedCache
from services.auth.cache.listener import InvalidationListener
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.credentials.queries import list_docker_users
from services.auth.refresh_tokens import domain as refresh_tokens
from services.auth.refresh_tokens import queries as refresh_token_queries
from services.auth.refresh_tokens.domain import RefreshToken

ANONYMOUS = 0
"""Stands for the id of a Docker user in the permissions of anonymous clients."""


class AccessCache:
    """Five confirmed caches, invalidated by ``listener``.

    Credentials are cached by user name, permissions by Docker user's id (or ``ANONYMOUS``) and
    namespace, reserved repositories by namespace, and tokens by hash.
    """

    def __init__(self, engine: Engine, listener: InvalidationListener) -> None:
        self._engine = engine
        self.credentials = ConfirmedCache[str, Credential | Nobody](
            listener, self._read_credentials, name="credentials", size=20_000
        )
        self.permissions = ConfirmedCache[tuple[int, str], Permission](
            listener, self._read_permissions, name="permissions", size=100_000
        )
        self.reserved_repositories = ConfirmedCache[str, frozenset[str]](
            listener, self._read_reserved_repositories, name="reserved_repositories", size=100_000
        )
        self.access_tokens = ConfirmedCache[bytes, AccessToken | access_tokens.Unknown](
            listener, self._read_access_tokens, name="access_tokens", size=20_000
        )
        self.refresh_tokens = ConfirmedCache[bytes, RefreshToken | refresh_tokens.Unknown](
            listener, self._read_refresh_tokens, name="refresh_tokens", size=20_000
        )
        listener.on_change("docker_user", self.credentials.invalidate)
        listener.on_change("account", self._invalidate_account)
        listener.on_change("namespace", self._invalidate_namespace)
        listener.on_change("repository", self.reserved_repositories.invalidate)
        listener.on_change("grant", self._invalidate_grant)
        listener.on_change("access_token", self._invalidate_access_token)
        listener.on_change("refresh_token", self._invalidate_refresh_token)

    def _invalidate_account(self, key: str) -> None:
        account_id = int(key)
        self.credentials.invalidate_where(
            lambda _, credential: (
                not isinstance(credential, Credential) or credential.account_id == account_id
            )
        )

    def _invalidate_namespace(self, name: str) -> None:
        self.permissions.invalidate_where(lambda key, _: key[1] == name)

    def _invalidate_grant(self, key: str) -> None:
        docker_user_id, _, namespace = key.partition(":")
        self.permissions.invalidate((int(docker_user_id), namespace))

    def _invalidate_access_token(self, hex_hash: str) -> None:
        self.access_tokens.invalidate(bytes.fromhex(hex_hash))

    def _invalidate_refresh_token(self, hex_hash: str) -> None:
        self.refresh_tokens.invalidate(bytes.fromhex(hex_hash))

    async def _read_credentials(
        self, usernames: Collection[str]
    ) -> Mapping[str, Credential | Nobody]:
        async with self._engine.connect() as tx:
            found = await list_docker_users(tx, usernames=usernames)
        return {username: found.get(username, NOBODY) for username in usernames}

    async def _read_permissions(
        self, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], Permission]:
        # a request concerns one Docker user, so one query reads all missing permissions
        user_id, _ = next(iter(keys))
        namespaces = [namespace for _, namespace in keys]
        docker_user_id = None if user_id == ANONYMOUS else user_id
        async with self._engine.connect() as tx:
            found = await list_permissions(tx, docker_user_id=docker_user_id, namespaces=namespaces)
        return {
            (user_id, namespace): found.get(namespace, Permission.NONE) for namespace in namespaces
        }

    async def _read_reserved_repositories(
        self, namespaces: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        async with self._engine.connect() as tx:
            return await list_reserved_repositories(tx, namespaces=namespaces)

    async def _read_access_tokens(
        self, hashes: Collection[bytes]
    ) -> Mapping[bytes, AccessToken | access_tokens.Unknown]:
        async with self._engine.connect() as tx:
            found = await access_token_queries.list_by_hash(tx, hashes=hashes)
        return {token_hash: found.get(token_hash, access_tokens.UNKNOWN) for token_hash in hashes}

    async def _read_refresh_tokens(
        self, hashes: Collection[bytes]
    ) -> Mapping[bytes, RefreshToken | refresh_tokens.Unknown]:
        async with self._engine.connect() as tx:
            found = await refresh_token_queries.list_by_hash(tx, hashes=hashes)
        return {token_hash: found.get(token_hash, refresh_tokens.UNKNOWN) for token_hash in hashes}
