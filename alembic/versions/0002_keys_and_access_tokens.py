"""API keys of accounts, access tokens of Docker users, and what they publish."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
