"""Denials, which the owner of a namespace can list."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    """Raise NotImplementedError: restore the backup that was made before the upgrade."""
    raise NotImplementedError("restore the backup that was made before")
