"""Pulls of each tag added up as they are counted, so that carrying them on costs the same after years."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
