"""Where a deletion was asked for, so that one that came with a backup is known as such."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
