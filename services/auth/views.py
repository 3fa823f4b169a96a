"""The views that the catalog publishes to the auth service."""

import sqlalchemy as sa

_catalog = sa.MetaData(schema="catalog")

credentials = sa.Table(
    "credentials",
    _catalog,
    sa.Column("kind", sa.Text),
    sa.Column("id", sa.BigInteger),
    sa.Column("username", sa.Text),
    sa.Column("password_hash", sa.Text),
    sa.Column("disabled", sa.Boolean),
    sa.Column("credential_version", sa.BigInteger),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("account", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("token_login", sa.Boolean),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True)),
)

effective_access = sa.Table(
    "effective_access",
    _catalog,
    sa.Column("namespace", sa.Text),
    sa.Column("docker_user_id", sa.BigInteger),
    sa.Column("permission", sa.Text),
)

reserved_repositories = sa.Table(
    "reserved_repositories",
    _catalog,
    sa.Column("repository", sa.Text),
    sa.Column("namespace", sa.Text),
)

namespace_owners = sa.Table(
    "namespace_owners",
    _catalog,
    sa.Column("namespace", sa.Text),
    sa.Column("visibility", sa.Text),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("account", sa.Text),
    sa.Column("namespace_id", sa.BigInteger),
)

full_namespaces = sa.Table(
    "full_namespaces",
    _catalog,
    sa.Column("namespace", sa.Text),
    sa.Column("quota_bytes", sa.BigInteger),
    sa.Column("used_bytes", sa.BigInteger),
)

garbage_digests = sa.Table("garbage_digests", _catalog, sa.Column("digest", sa.LargeBinary))

garbage_generation = sa.Table(
    "garbage_generation", _catalog, sa.Column("generation", sa.BigInteger)
)
