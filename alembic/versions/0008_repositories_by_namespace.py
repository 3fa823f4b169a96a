"""The sort orders within a namespace, so that what is listed of some namespaces is read in order from an index of each."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
