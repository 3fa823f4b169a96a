"""The three schemas with their views, notifications of access changes, and privileges."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    """Drop the three schemas."""
    for schema in ("events", "auth", "catalog"):
        op.execute(f"DROP SCHEMA {schema} CASCADE")
