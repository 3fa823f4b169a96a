"""Repositories by path, and searching names and descriptions, by an index."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
