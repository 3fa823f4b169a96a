"""The tables of the events service, schema ``events``.

An event's time has nine fractional digits, more than ``timestamptz`` stores. It is therefore
stored as nanoseconds since 1970 (``at_ns``).
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from libs.common.db.audit import audit_table

metadata = sa.MetaData(schema="events")
_now = sa.text("now()")
_xid = sa.text("pg_current_xact_id()::text::bigint")

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("xid", sa.BigInteger, nullable=False, server_default=_xid),
    sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("repository", sa.Text, nullable=False),
    sa.Column("tag", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("media_type", sa.Text),
    sa.Column("docker_user", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("counted_at", sa.TIMESTAMP(timezone=True)),
    sa.Column(
        "retry_at",
        sa.TIMESTAMP(timezone=True),
        doc="set while the event waits for the children of an index",
    ),
    sa.Column("effect", JSONB, doc="what the event counts as; NULL if it counts nothing"),
    sa.UniqueConstraint("event_id", "at_ns", name="inbox_event_key"),
    sa.Index("inbox_uncounted_idx", "id", postgresql_where=sa.text("counted_at IS NULL")),
    sa.Index(
        "inbox_waiting_idx",
        "retry_at",
        postgresql_where=sa.text("counted_at IS NULL AND retry_at IS NOT NULL"),
    ),
    sa.Index("inbox_received_idx", "received_at", postgresql_using="brin"),
    sa.Index("inbox_client_idx", "repository", "docker_user", "address", "user_agent", "at_ns"),
    sa.Index("inbox_feed_idx", "xid", "id", postgresql_where=sa.text("action <> 'pull'")),
)

pull_hours = sa.Table(
    "pull_hours",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column(
        "generation",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="0, or when (ns) the name became free after a deletion",
    ),
    sa.Column("hour", sa.TIMESTAMP(timezone=True), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True, doc="empty for pulls by digest alone"),
    sa.Column("docker_user", sa.Text, primary_key=True, doc="empty for anonymous pulls"),
    sa.Column("pulls", sa.BigInteger, nullable=False),
    sa.Column("checks", sa.BigInteger, nullable=False),
    sa.Column("last_pulled_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("xid", sa.BigInteger, nullable=False, server_default=_xid),
    sa.Index("pull_hours_tag_idx", "repository", "generation", "tag", "hour"),
)

pull_tags = sa.Table(
    "pull_tags",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("pulls", sa.BigInteger, nullable=False),
    sa.Column("last_pulled_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("xid", sa.BigInteger, nullable=False, server_default=_xid),
    sa.Index("pull_tags_xid_idx", "xid"),
)
"""The sums of ``pull_hours``. Only a trigger writes them."""

digest_pulls = sa.Table(
    "digest_pulls",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("last_pulled_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Index("digest_pulls_last_pulled_idx", "last_pulled_at"),
)
"""The last pull of each digest whose event is not in ``inbox`` any more."""

last_uses = sa.Table(
    "last_uses",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True, doc="a tag or a digest"),
    sa.Column("last_used_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Index("last_uses_last_used_at_idx", "last_used_at"),
)
"""The last request of each tag, and the last GET of each digest, whose event is counted."""

counting_state = sa.Table(
    "counting_state",
    metadata,
    sa.Column("id", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("began_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("counted_until", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.CheckConstraint("id", name="counting_state_one_check"),
)
"""One row: since when uses are known, and until when all received pull events are counted."""

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("client", sa.Uuid, primary_key=True),
    sa.Column("at_ns", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column(
        "run", sa.Integer, nullable=False, doc="events since the previous checkpoint that is kept"
    ),
    sa.Column("state", JSONB, nullable=False),
    sa.Column("saved_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Index("checkpoints_saved_idx", "saved_at"),
)
"""A cache of each client's history after one of its events.

A missing checkpoint is built again from the inbox.
"""

indexes = sa.Table(
    "indexes",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column(
        "children", ARRAY(sa.Text), nullable=False, doc="empty for a manifest that is not an index"
    ),
    sa.Column(
        "gone",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="the registry no longer had the manifest",
    ),
    sa.Column(
        "resolved_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now, index=True
    ),
)

subjects = sa.Table(
    "subjects",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column(
        "resolved_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now, index=True
    ),
)
"""The subjects of referrers that were pulled. They stay known after the referrer is deleted."""

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=_now),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("raw_hash", sa.LargeBinary, nullable=False, unique=True),
)

audit_entries = audit_table(metadata)
