"""Since when manifests are untagged, and how the collection of garbage pauses writes."""

from alembic import op
from libs.common.db.sql_file import run_beside

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(op.get_bind(), __file__)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
