"""The three schemas, their views, the notifications of access changes, and who may do what."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    for schema in ("events", "auth", "catalog"):
        op.execute(f"DROP SCHEMA {schema} CASCADE")
