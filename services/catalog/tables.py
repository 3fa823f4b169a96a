"""The tables of the catalog service (schema ``catalog``), and the search by their indexes.

Ids are never reused, so an object inherits nothing from a deleted object of the same name.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from libs.common.db.audit import audit_table
from libs.common.db.pagination import NEVER

metadata = sa.MetaData(
    schema="catalog",
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    },
)
_TIME = sa.TIMESTAMP(timezone=True)
_NOW = sa.text("now()")
_CLOCK = sa.text("clock_timestamp()")
_RANDOM_UUID = sa.text("gen_random_uuid()")
_LAST_PUSHED_OR_NEVER = sa.text(f"COALESCE(last_pushed_at, {NEVER})")
"""The key of the indexes for ``sort=last_pushed_at``, as ``or_never`` of pagination writes it."""


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _created_at() -> sa.Column[Any]:
    return sa.Column("created_at", _TIME, nullable=False, server_default=_NOW)


def _requester() -> tuple[sa.Column[Any], ...]:
    """Return the columns of the principal that requested a deletion, null for the operator."""
    return (
        sa.Column("account_id", sa.BigInteger),
        sa.Column("account", sa.Text),
        sa.Column("client_address", sa.Text),
    )


def _charges() -> tuple[sa.Column[Any], ...]:
    """Return the columns of the blobs that a manifest charges. Triggers set them."""
    return (
        sa.Column("charged_digests", ARRAY(sa.Text), doc="null until it is known"),
        sa.Column("charged_sizes", ARRAY(sa.BigInteger)),
    )


accounts = sa.Table(
    "accounts",
    metadata,
    _id(),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("credential_version", sa.BigInteger, nullable=False, server_default="1"),
    _created_at(),
    sa.Column("storage_quota_bytes", sa.BigInteger, doc="null: no quota"),
    sa.CheckConstraint("role IN ('admin', 'member')", name="role"),
    sa.CheckConstraint("storage_quota_bytes >= 0", name="storage_quota"),
)

docker_users = sa.Table(
    "docker_users",
    metadata,
    _id(),
    sa.Column("account_id", sa.ForeignKey(accounts.c.id), nullable=False, index=True),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("token_login", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("credential_version", sa.BigInteger, nullable=False, server_default="1"),
    _created_at(),
)

namespaces = sa.Table(
    "namespaces",
    metadata,
    _id(),
    sa.Column("account_id", sa.ForeignKey(accounts.c.id), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    _created_at(),
    sa.Column("deleting", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("visibility IN ('public', 'private')", name="visibility"),
    sa.Index(
        "namespaces_public_idx",
        sa.text("((name || '/') COLLATE \"C\")"),
        postgresql_where=sa.text("visibility = 'public' AND NOT deleting"),
    ),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("namespace_id", sa.ForeignKey(namespaces.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "docker_user_id",
        sa.ForeignKey(docker_users.c.id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sa.Column("permission", sa.Text, nullable=False),
    _created_at(),
    sa.Column("updated_at", _TIME, nullable=False, server_default=_NOW),
    sa.CheckConstraint("permission IN ('pull', 'push', 'delete')", name="permission"),
)

hidden_grants = sa.Table(
    "hidden_grants",
    metadata,
    sa.Column(
        "docker_user_id",
        sa.ForeignKey(docker_users.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column(
        "namespace_id",
        sa.ForeignKey(namespaces.c.id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    _created_at(),
)

repositories = sa.Table(
    "repositories",
    metadata,
    _id(),
    sa.Column("namespace_id", sa.ForeignKey(namespaces.c.id), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text(collation="C"), nullable=False, server_default=sa.FetchedValue()),
    sa.Column(
        "account_id",
        sa.BigInteger,
        nullable=False,
        server_default=sa.FetchedValue(),
        doc="the namespace's account, copied by a trigger for the indexes",
    ),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False, server_default="empty"),
    sa.Column("tag_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("pull_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_pulled_at", _TIME),
    sa.Column("last_pushed_at", _TIME),
    _created_at(),
    sa.Column(
        "tags_version",
        sa.Uuid,
        nullable=False,
        server_default=_RANDOM_UUID,
        doc="another one after each change of the names of its tags",
    ),
    sa.UniqueConstraint("namespace_id", "name"),
    sa.Index("repositories_path_key", "path", unique=True),
    sa.Index("repositories_pull_count_idx", "pull_count", "id"),
    sa.Index("repositories_created_at_idx", "created_at", "id"),
    sa.CheckConstraint("status IN ('empty', 'active', 'deleting')", name="status"),
    sa.Index("repositories_account_path_idx", "account_id", "path"),
    sa.Index("repositories_account_pull_count_idx", "account_id", "pull_count", "id"),
    sa.Index("repositories_account_created_at_idx", "account_id", "created_at", "id"),
    sa.Index("repositories_account_last_pushed_at_idx", "account_id", _LAST_PUSHED_OR_NEVER, "id"),
    sa.Index("repositories_namespace_path_idx", "namespace_id", "path", postgresql_include=["id"]),
    sa.Index("repositories_namespace_pull_count_idx", "namespace_id", "pull_count", "id"),
    sa.Index("repositories_namespace_created_at_idx", "namespace_id", "created_at", "id"),
    sa.Index(
        "repositories_namespace_last_pushed_at_idx",
        "namespace_id",
        _LAST_PUSHED_OR_NEVER,
        "id",
        postgresql_include=["last_pushed_at"],
    ),
    sa.Index("repositories_last_pushed_at_idx", _LAST_PUSHED_OR_NEVER, "id"),
)

manifests = sa.Table(
    "manifests",
    metadata,
    sa.Column(
        "repository_id", sa.ForeignKey(repositories.c.id, ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("artifact_type", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("platforms", JSONB, nullable=False, server_default="[]"),
    sa.Column("layers", JSONB, nullable=False, server_default="[]"),
    sa.Column("labels", JSONB, nullable=False, server_default="{}"),
    sa.Column("image_created_at", _TIME),
    sa.Column("pushed_at", _TIME, nullable=False),
    sa.Column("pushed_by", sa.Text, nullable=False),
    sa.Column("untagged_since", _TIME, server_default=_NOW),
    sa.Column(
        "is_scanned",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="whether manifest_other_digests has every further digest in the content",
    ),
    sa.Index("manifests_digest_idx", "digest"),
    sa.Index(
        "manifests_unscanned_idx", "repository_id", postgresql_where=sa.text("NOT is_scanned")
    ),
    sa.Column(
        "descriptor",
        JSONB,
        doc="the OCI descriptor of a referrer; null until the manifest has been read for it",
    ),
    sa.Index(
        "manifests_referrers_idx",
        "repository_id",
        "subject",
        sa.text('(digest COLLATE "C")'),
        postgresql_where=sa.text("subject IS NOT NULL"),
    ),
    sa.Index(
        "manifests_referrers_by_type_idx",
        "repository_id",
        "subject",
        sa.text("(descriptor ->> 'artifactType')"),
        sa.text('(digest COLLATE "C")'),
        postgresql_where=sa.text("subject IS NOT NULL"),
    ),
    sa.Index(
        "manifests_undescribed_referrers_idx",
        "repository_id",
        "subject",
        sa.text('(digest COLLATE "C")'),
        postgresql_where=sa.text("subject IS NOT NULL AND descriptor IS NULL"),
    ),
    *_charges(),
    sa.Index(
        "manifests_uncharged_idx", "digest", postgresql_where=sa.text("charged_digests IS NULL")
    ),
)

manifest_children = sa.Table(
    "manifest_children",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("index_digest", sa.Text, primary_key=True),
    sa.Column("child_digest", sa.Text, primary_key=True),
    sa.ForeignKeyConstraint(
        ["repository_id", "index_digest"],
        [manifests.c.repository_id, manifests.c.digest],
        ondelete="CASCADE",
    ),
    sa.Index("manifest_children_child_idx", "repository_id", "child_digest"),
    sa.Index("manifest_children_digest_idx", "child_digest"),
)

manifest_blobs = sa.Table(
    "manifest_blobs",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("manifest_digest", sa.Text, primary_key=True),
    sa.Column("blob_digest", sa.Text, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(
        ["repository_id", "manifest_digest"],
        [manifests.c.repository_id, manifests.c.digest],
        ondelete="CASCADE",
    ),
    sa.Index("manifest_blobs_blob_idx", "blob_digest"),
)

manifest_other_digests = sa.Table(
    "manifest_other_digests",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("manifest_digest", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True, index=True),
    sa.ForeignKeyConstraint(
        ["repository_id", "manifest_digest"],
        [manifests.c.repository_id, manifests.c.digest],
        ondelete="CASCADE",
    ),
)
"""Digests that a manifest names in other fields, and those under which the storage keeps a blob
that the manifest names by another algorithm. They protect blobs from garbage collection."""

manifest_aliases = sa.Table(
    "manifest_aliases",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, doc="sha512"),
    sa.Column("canonical", sa.Text, nullable=False, doc="sha256 of the same content"),
    sa.Column("recorded_at", _TIME, nullable=False, server_default=_NOW, index=True),
)
"""The sha512 digests by which manifests were pushed. The registry has the sha256 ones only."""

deleted_indexes = sa.Table(
    "deleted_indexes",
    metadata,
    _id(),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column(
        "children", ARRAY(sa.Text), nullable=False, doc="sorted, at most 1000, as counting reads"
    ),
    sa.Column("deleted_at", _TIME, nullable=False, server_default=_NOW, index=True),
)
"""The children of indexes that were deleted. A trigger on ``manifest_children`` writes them."""

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("pushed_at", _TIME, nullable=False),
    sa.Column("pushed_by", sa.Text, nullable=False),
    sa.Column("pull_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_pulled_at", _TIME),
    sa.Column(
        "admitted_in", sa.Text, doc="catalog.origin() when admission last set the tag, else null"
    ),
    sa.ForeignKeyConstraint(
        ["repository_id", "digest"],
        [manifests.c.repository_id, manifests.c.digest],
        ondelete="CASCADE",
    ),
    sa.Index("tags_digest_idx", "repository_id", "digest"),
    sa.Index("tags_name_idx", "repository_id", sa.text('name COLLATE "C"')),
    sa.Index(
        "tags_natural_idx",
        "repository_id",
        sa.text('(catalog.natural_key(name) COLLATE "C")'),
        "name",
    ),
)

rules = sa.Table(
    "rules",
    metadata,
    _id(),
    sa.Column("namespace_id", sa.ForeignKey(namespaces.c.id, ondelete="CASCADE"), unique=True),
    sa.Column("repository_id", sa.ForeignKey(repositories.c.id, ondelete="CASCADE"), unique=True),
    sa.Column("immutable_tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column(
        "immutable_regex",
        sa.Text,
        doc="what immutable_tags match, as a regular expression, or null",
    ),
    sa.Column("retention", JSONB, nullable=False, server_default="[]"),
    sa.Column("retention_enabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("updated_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.CheckConstraint("num_nonnulls(namespace_id, repository_id) = 1", name="owner"),
)
"""The rules of a namespace, or of one repository, which replace those of its namespace."""

reserved_names = sa.Table(
    "reserved_names",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("available_at", _TIME, nullable=False),
    sa.CheckConstraint("kind IN ('namespace', 'repository', 'docker_user')", name="kind"),
    sa.Index("reserved_names_available_idx", "available_at"),
)

deletions = sa.Table(
    "deletions",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text(collation="C"), nullable=False),
    *_requester(),
    sa.Column("requested_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("removed_at", _TIME),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_at", _TIME),
    sa.Column("emptied_until", _TIME, doc="until when the worker empties the released name"),
    sa.Column(
        "origin",
        sa.Text,
        nullable=False,
        server_default=sa.FetchedValue(),
        doc="catalog.origin() at the request; a deletion from another origin is suspended",
    ),
    sa.UniqueConstraint("kind", "name"),
    sa.CheckConstraint("kind IN ('namespace', 'repository')", name="kind"),
    sa.Index("deletions_namespace_idx", sa.text("split_part(name, '/', 1)")),
)

intents = sa.Table(
    "intents",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("repository", sa.Text(collation="C"), nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("needs", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("removes", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("media_type", sa.Text),
    sa.Column("content", sa.LargeBinary),
    sa.Column("docker_user", sa.Text),
    *_requester(),
    sa.Column("via", sa.Text),
    sa.Column("api_key_id", sa.Uuid),
    sa.Column("started_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("leased_until", _TIME, nullable=False),
    sa.Column("resolved_at", _TIME),
    sa.Column("origin", sa.Text, nullable=False, server_default=sa.FetchedValue()),
    sa.CheckConstraint(
        "kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'delete_blob', 'restore_tag',"
        " 'restore', 'empty_repository', 'remove_folder', 'copy')",
        name="kind",
    ),
    sa.Index("intents_repository_idx", "repository", "resolved_at"),
    sa.Index("intents_open_idx", "leased_until", postgresql_where=sa.text("resolved_at IS NULL")),
    sa.Index(
        "intents_resolved_idx", "resolved_at", postgresql_where=sa.text("resolved_at IS NOT NULL")
    ),
    sa.Index("intents_namespace_idx", "namespace", postgresql_where=sa.text("resolved_at IS NULL")),
)

trash = sa.Table(
    "trash",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", sa.Text(collation="C"), nullable=False),
    sa.Column("namespace", sa.Text, nullable=False, index=True),
    sa.Column("repository", sa.Text(collation="C")),
    sa.Column("digest", sa.Text),
    sa.Column("owner_id", sa.ForeignKey(accounts.c.id), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("repository_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("tag_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("visibility", sa.Text),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _TIME),
    *_requester(),
    sa.Column("docker_user", sa.Text, doc="the Docker user that deleted it with a Docker client"),
    sa.Column("via", sa.Text),
    sa.Column("api_key_id", sa.Uuid),
    sa.Column("deleted_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("expires_at", _TIME, nullable=False, index=True),
    sa.Column("restoring_since", _TIME),
    sa.Column("chosen_tag", sa.Text, doc="the tag to restore instead of one that is taken"),
    sa.Column("leased_until", _TIME, doc="until when a process works on the restore"),
    sa.CheckConstraint("kind IN ('tag', 'manifest', 'repository', 'namespace')", name="kind"),
    sa.Index("trash_repository_idx", "repository"),
    sa.Index("trash_owner_idx", "owner_id", "deleted_at", "id"),
    sa.Index("trash_deleted_at_idx", "deleted_at", "id"),
    sa.Index(
        "trash_restoring_idx",
        "leased_until",
        postgresql_where=sa.text("restoring_since IS NOT NULL"),
    ),
)


def _entry_id(*, primary_key: bool = True, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        "entry_id",
        sa.ForeignKey(trash.c.id, ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=index,
    )


trash_repositories = sa.Table(
    "trash_repositories",
    metadata,
    _entry_id(),
    sa.Column("path", sa.Text(collation="C"), primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("last_pushed_at", _TIME),
    sa.Column("generation", _TIME, doc="reserved_names.available_at before the deletion"),
    sa.Index("trash_repositories_path_idx", "path"),
)

trash_manifests = sa.Table(
    "trash_manifests",
    metadata,
    _entry_id(),
    sa.Column("repository", sa.Text(collation="C"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, doc="null until the deletion has read it"),
    sa.Column("artifact_type", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("platforms", JSONB, nullable=False),
    sa.Column("layers", JSONB, nullable=False),
    sa.Column("labels", JSONB, nullable=False),
    sa.Column("image_created_at", _TIME),
    sa.Column("pushed_at", _TIME, nullable=False),
    sa.Column("pushed_by", sa.Text, nullable=False),
    sa.Column("blobs", JSONB, nullable=False, doc="pairs of a digest and a size in bytes"),
    sa.Column("children", ARRAY(sa.Text), nullable=False),
    sa.Column("other_digests", ARRAY(sa.Text), nullable=False),
    sa.Column("is_scanned", sa.Boolean, nullable=False),
    *_charges(),
    sa.Index("trash_manifests_digest_idx", "repository", "digest"),
    sa.Index(
        "trash_manifests_uncharged_idx",
        "digest",
        postgresql_where=sa.text("charged_digests IS NULL"),
    ),
)

trash_tags = sa.Table(
    "trash_tags",
    metadata,
    _entry_id(),
    sa.Column("repository", sa.Text(collation="C"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("pushed_at", _TIME, nullable=False),
    sa.Column("pushed_by", sa.Text, nullable=False),
)

trash_grants = sa.Table(
    "trash_grants",
    metadata,
    _entry_id(),
    sa.Column("docker_user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("docker_user", sa.Text, nullable=False),
    sa.Column("permission", sa.Text, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.Column("is_hidden", sa.Boolean, nullable=False),
)

trash_rules = sa.Table(
    "trash_rules",
    metadata,
    _entry_id(),
    sa.Column(
        "path", sa.Text(collation="C"), primary_key=True, doc="of a namespace, it is the name"
    ),
    sa.Column("immutable_tags", ARRAY(sa.Text), nullable=False),
    sa.Column("immutable_regex", sa.Text),
    sa.Column("retention", JSONB, nullable=False),
    sa.Column("retention_enabled", sa.Boolean, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
)
"""The rules of deleted namespaces and repositories."""

trash_digests = sa.Table(
    "trash_digests",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("repository", sa.Text(collation="C"), primary_key=True),
    _entry_id(index=True),
)
"""The digests that garbage collection must keep for the trash."""

copies = sa.Table(
    "copies",
    metadata,
    sa.Column(
        "intent_id",
        sa.ForeignKey("catalog.intents.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("source", sa.Text, nullable=False),
)
"""What each copy was made of, by the intent that sets its tag."""

trash_restores = sa.Table(
    "trash_restores",
    metadata,
    sa.Column("intent_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _entry_id(primary_key=False, index=True),
)
"""The entry that each open intent of a restore belongs to."""

feed_positions = sa.Table(
    "feed_positions",
    metadata,
    sa.Column("feed", sa.Text, primary_key=True),
    sa.Column("position", sa.Text, nullable=False),
)

delayed_repositories = sa.Table(
    "delayed_repositories",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("after", sa.Text, nullable=False, doc="position of the feed before the first event"),
    sa.Column("since", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("retry_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
)

garbage_runs = sa.Table(
    "garbage_runs",
    metadata,
    _id(),
    sa.Column("started_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("finished_at", _TIME),
    sa.Column("manifests_deleted", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("freed_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("phase", sa.Text, nullable=False, server_default="requested"),
    sa.Column("untagged_days", sa.Integer, doc="instead of GC_UNTAGGED_DAYS"),
    sa.Column("grace_minutes", sa.Integer, doc="instead of GC_GRACE_MINUTES"),
    sa.Column("is_dry", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("begun_at", _TIME, doc="when the worker began; null while the run is requested"),
    sa.Column("known_at", _TIME, doc="when every gate knew the marks: their wait begins"),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("total", sa.BigInteger),
    sa.Column("report", JSONB, nullable=False, server_default="{}"),
    sa.Column("error", sa.Text),
    sa.Index("garbage_runs_open_idx", "id", postgresql_where=sa.text("finished_at IS NULL")),
)

garbage_state = sa.Table(
    "garbage_state",
    metadata,
    sa.Column("id", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("generation", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("sweep", sa.Text, doc="name of the sweep in the storage that holds the lease"),
    sa.Column("run", sa.BigInteger, doc="the run that sweeps"),
    sa.Column("lease_epoch", sa.Text, doc="catalog.epoch() when the lease was taken"),
    sa.Column(
        "leased_until", _TIME, nullable=False, server_default=sa.text("'-infinity'::timestamptz")
    ),
    sa.CheckConstraint("id", name="one"),
)

backups = sa.Table(
    "backups",
    metadata,
    _id(),
    sa.Column("begun_at", _TIME, nullable=False),
    sa.Column("finished_at", _TIME, nullable=False, server_default=_CLOCK),
)
"""Backups that have succeeded."""
storage_holds = sa.Table(
    "storage_holds",
    metadata,
    _id(),
    sa.Column("reason", sa.Text, nullable=False, doc="what needs the blobs, such as a backup"),
    sa.Column("begun_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("expires_at", _TIME, nullable=False),
)

garbage_blobs = sa.Table(
    "garbage_blobs",
    metadata,
    sa.Column("digest", sa.Text(collation="C"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False, server_default="doomed"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False, index=True),
    sa.Column("fence", sa.BigInteger),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["run"], [garbage_runs.c.id]),
    sa.CheckConstraint("state IN ('doomed', 'deleting')", name="state"),
)

garbage_exemptions = sa.Table(
    "garbage_exemptions",
    metadata,
    sa.Column("run", sa.BigInteger, primary_key=True),
    sa.Column("digest", sa.Text(collation="C"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["run"], [garbage_runs.c.id], ondelete="CASCADE"),
)

blob_touches = sa.Table(
    "blob_touches",
    metadata,
    sa.Column("digest", sa.Text(collation="C"), primary_key=True),
    sa.Column("touched_at", _TIME, nullable=False, server_default=_CLOCK, index=True),
)

gates = sa.Table(
    "gates",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("leased_until", _TIME, nullable=False),
)

retention_runs = sa.Table(
    "retention_runs",
    metadata,
    _id(),
    sa.Column("at", _TIME, nullable=False, server_default=_CLOCK, doc="decides what is old"),
    sa.Column("finished_at", _TIME),
    sa.Column("deleted", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("failures", JSONB, nullable=False, server_default="{}"),
    sa.Index(
        "retention_runs_open_key",
        sa.text("(finished_at IS NULL)"),
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    ),
)

retention_deletions = sa.Table(
    "retention_deletions",
    metadata,
    sa.Column(
        "intent_id",
        sa.ForeignKey(intents.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Why retention deletes a tag."""

retention_state = sa.Table(
    "retention_state",
    metadata,
    sa.Column("id", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("installation", sa.Text, nullable=False, doc="catalog.installation()"),
    sa.Column(
        "uses_known_since",
        _TIME,
        nullable=False,
        server_default=sa.text("'-infinity'::timestamptz"),
    ),
    sa.CheckConstraint("id", name="one"),
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("intent_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False, index=True),
    sa.Column("digests", ARRAY(sa.Text), nullable=False),
    sa.Column("sizes", ARRAY(sa.BigInteger), nullable=False),
)
"""What the manifest of each push charges. It counts as used while the intent is open."""

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("repository", sa.Text(collation="C"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("completed_at", _TIME, nullable=False, server_default=_CLOCK),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("size_bytes", sa.BigInteger, doc="null until the blob is found"),
    sa.Column("checked_at", _TIME),
    sa.Index("uploads_account_id_idx", "account_id", "digest"),
    sa.Index("uploads_checked_at_idx", sa.text("checked_at NULLS FIRST")),
)
"""Completed uploads that no manifest names, as far as the worker knows. The gate inserts them."""

storage_changes = sa.Table(
    "storage_changes",
    metadata,
    _id(),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("delta", sa.Integer, nullable=False),
    sa.Column("digests", ARRAY(sa.Text), nullable=False),
    sa.Column("sizes", ARRAY(sa.BigInteger), nullable=False),
    sa.CheckConstraint("source IN ('image', 'trash', 'upload')", name="source"),
    sa.Index("storage_changes_account_idx", "account_id", "id"),
)
"""What account_blobs does not contain yet. Triggers insert it."""

account_blobs = sa.Table(
    "account_blobs",
    metadata,
    sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("images", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("trash", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("uploads", sa.BigInteger, nullable=False, server_default="0"),
)
"""How many manifests, manifests in the trash, and uploads of an account need each blob."""

account_storage = sa.Table(
    "account_storage",
    metadata,
    sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("image_bytes", sa.Numeric, nullable=False, server_default="0"),
    sa.Column("trash_bytes", sa.Numeric, nullable=False, server_default="0", doc="only in trash"),
    sa.Column("upload_bytes", sa.Numeric, nullable=False, server_default="0", doc="only uploaded"),
    sa.Column("rebuilt_at", _TIME, doc="null until the account's storage was first computed"),
)

audit_entries = audit_table(metadata)


def contains(q: str, *columns: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return whether one of ``columns`` contains ``q`` in any case, by comparing each row."""
    return sa.or_(*(column.icontains(q, autoescape=True) for column in columns))


def contains_by_index(q: str, *columns: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return whether one of ``columns`` contains ``q`` in any case, by a search index.

    ``columns`` must be those of an index in alembic/versions/0003, in its order: the index holds
    the bigrams of the columns, joined by spaces. It finds candidates for two characters or more,
    which are then compared. One character is compared with every row.
    """
    exact = contains(q, *columns)
    if len(q) < 2:
        return exact
    space = sa.literal_column("' '", sa.Text)
    joined = columns[0]
    for column in columns[1:]:
        joined = joined.concat(space).concat(column)
    return sa.and_(_bigrams(joined).op("@>")(_bigrams(sa.literal(q))), exact)


def _bigrams(text: sa.ColumnElement[str]) -> sa.ColumnElement[list[str]]:
    return sa.func.catalog.bigrams(text, type_=ARRAY(sa.Text))
