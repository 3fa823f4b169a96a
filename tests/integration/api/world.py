"""An account with one object of each kind, inserted directly into the database."""

import secrets
import uuid
from dataclasses import dataclass

from libs.common.security.secrets import hash_of, new_secret
from tests.integration.api.installation import HASH, Installation, Person

DIGEST = "sha256:" + "a" * 64
_USER = (
    "INSERT INTO catalog.docker_users (account_id, username, password_hash, description)"
    " VALUES ($1, $2, $3, 'of the first account') RETURNING id"
)
_NAMESPACE = (
    "INSERT INTO catalog.namespaces (account_id, name, visibility) VALUES ($1, $2, 'private')"
    " RETURNING id"
)
_GRANT = (
    "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission) VALUES ($1, $2, 'pull')"
)
_REPOSITORY = (
    "INSERT INTO catalog.repositories (namespace_id, name, status) VALUES ($1, $2, 'active')"
    " RETURNING id"
)
_MANIFEST = (
    "INSERT INTO catalog.manifests"
    " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
    " VALUES ($1, $2, 'application/vnd.oci.image.manifest.v1+json', 7, now(), 'builder')"
)
_TAG = (
    "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
    " VALUES ($1, $2, $3, now(), 'builder')"
)
_TRASH = (
    "INSERT INTO catalog.trash"
    " (kind, path, namespace, repository, digest, owner_id, account, size_bytes, tag_count,"
    "  expires_at)"
    " SELECT 'tag', $2 || '/charts/web:old', $2, $2 || '/charts/web', $3, id, username, 7, 1,"
    "        now() + interval '7 days'"
    " FROM catalog.accounts WHERE id = $1 RETURNING id"
)
_TRASHED_TAG = (
    "INSERT INTO catalog.trash_tags (entry_id, repository, name, digest, pushed_at, pushed_by)"
    " VALUES ($1, $2, 'old', $3, now(), 'builder')"
)
_TOKEN = (
    "INSERT INTO auth.access_tokens (id, docker_user_id, name, permission, secret_hash)"
    " VALUES ($1, $2, 'build', 'push', $3)"
)
_KEY = (
    "INSERT INTO auth.api_keys (id, account_id, credential_version, name, permission, secret_hash)"
    " VALUES ($1, $2, 1, 'pipeline', 'read', $3)"
)
_LETTER = (
    "INSERT INTO events.dead_letters (reason, raw, raw_hash) VALUES ('unknown action', $1, $2)"
    " RETURNING id"
)
_NO_OPEN_RUN = "UPDATE catalog.garbage_runs SET finished_at = now() WHERE finished_at IS NULL"
_RUN = "INSERT INTO catalog.garbage_runs (phase, finished_at) VALUES ('done', now()) RETURNING id"
_EVENT = b'{"events": []}'


@dataclass(frozen=True, slots=True)
class World:
    """The names and ids of the objects, and the secret of the access token.

    ``empty`` is a second namespace, which has no repositories. ``granted`` is a Docker user with a
    grant on ``namespace``.
    """

    owner: Person
    namespace: str
    empty: str
    repository: str
    docker_user: str
    granted: str
    token_id: str
    token: str
    key_id: str
    dead_letter: int
    trash_id: int
    garbage_run: int
    tag: str = "v1"
    digest: str = DIGEST

    @property
    def path(self) -> str:
        """The path of the repository: ``namespace/name``."""
        return f"{self.namespace}/{self.repository}"

    @property
    def names_and_ids(self) -> tuple[str, ...]:
        """Names and ids that no response to another account may contain."""
        return (
            self.owner.username,
            self.namespace,
            self.empty,
            self.docker_user,
            self.granted,
            self.token_id,
            self.key_id,
        )


async def make_world(installation: Installation, role: str = "member") -> World:
    """Create an account and its objects with unique names."""
    database, owner, end = (
        installation.database,
        await installation.person(role, "first"),
        secrets.token_hex(4),
    )

    async def insert(statement: str, *values: object) -> int:
        return int((await database.fetch(statement, *values))[0][0])

    user = await insert(_USER, owner.id, f"robot-{end}", HASH)
    granted = await insert(_USER, owner.id, f"granted-{end}", HASH)
    namespace = await insert(_NAMESPACE, owner.id, f"space-{end}")
    await insert(_NAMESPACE, owner.id, f"empty-{end}")
    repository = await insert(_REPOSITORY, namespace, "charts/web")
    letter = await insert(_LETTER, _EVENT, secrets.token_bytes(32))
    trash_id = await insert(_TRASH, owner.id, f"space-{end}", DIGEST)
    await database.execute(_TRASHED_TAG, trash_id, f"space-{end}/charts/web", DIGEST)
    await database.execute(_NO_OPEN_RUN)
    run = await insert(_RUN)
    token_id, key_id, token = uuid.uuid4(), uuid.uuid4(), new_secret("mat_")
    await database.execute(_GRANT, namespace, granted)
    await database.execute(_MANIFEST, repository, DIGEST)
    await database.execute(_TAG, repository, "v1", DIGEST)
    await database.execute(_TOKEN, token_id, user, hash_of(token))
    await database.execute(_KEY, key_id, owner.id, hash_of(new_secret("mak_")))
    return World(
        owner=owner,
        namespace=f"space-{end}",
        empty=f"empty-{end}",
        repository="charts/web",
        docker_user=f"robot-{end}",
        granted=f"granted-{end}",
        token_id=str(token_id),
        token=token,
        key_id=str(key_id),
        dead_letter=letter,
        trash_id=trash_id,
        garbage_run=run,
    )
