"""Deletions: durable work, tags that are being deleted, and which blobs each manifest holds."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
