"""The tables of the auth service, schema ``auth``."""

import sqlalchemy as sa

from libs.common.db.audit import audit_table

metadata = sa.MetaData(schema="auth")
_now = sa.text("now()")

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("account_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("credential_version", sa.BigInteger, nullable=False),
    sa.Column("refresh_hash", sa.LargeBinary, nullable=False),
    sa.Column("previous_hash", sa.LargeBinary),
    sa.Column("rotated_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("client_address", sa.Text, nullable=False),
)

refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("docker_user_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("credential_version", sa.BigInteger, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("last_used_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("last_used_from", sa.Text),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column(
        "access_token_id",
        sa.ForeignKey(
            "auth.access_tokens.id", ondelete="CASCADE", name="refresh_tokens_access_token_fkey"
        ),
    ),
    sa.Index("refresh_tokens_access_token_idx", "access_token_id"),
)

access_tokens = sa.Table(
    "access_tokens",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("docker_user_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("permission", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("last_used_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("last_used_from", sa.Text),
    sa.CheckConstraint(
        "permission IN ('pull', 'push', 'delete')", name="access_tokens_permission_check"
    ),
    sa.Index("access_tokens_docker_user_idx", "docker_user_id", "created_at", "id"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("credential_version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("permission", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("last_used_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("last_used_from", sa.Text),
    sa.CheckConstraint("permission IN ('read', 'write')", name="api_keys_permission_check"),
    sa.Index("api_keys_account_idx", "account_id", "created_at", "id"),
)

login_throttle = sa.Table(
    "login_throttle",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("username", sa.Text, primary_key=True),
    sa.Column("client_address", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("window_ends_at", sa.TIMESTAMP(timezone=True), nullable=False, index=True),
)

last_logins = sa.Table(
    "last_logins",
    metadata,
    sa.Column("docker_user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_login_at", sa.TIMESTAMP(timezone=True), nullable=False),
)

denials = sa.Table(
    "denials",
    metadata,
    sa.Column("namespace_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("docker_user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("action", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("occurrences", sa.BigInteger, nullable=False),
    sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("last_at", sa.TIMESTAMP(timezone=True), nullable=False),
)

audit_entries = audit_table(metadata)
