"""The three schemas, their views, the notifications of access changes, and who may do what."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMAS = ("catalog", "auth", "events")


def upgrade() -> None:
    connection = op.get_bind()
    database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    sql = (Path(__file__).parent / "0001_first.sql").read_text()
    for schema in SCHEMAS:
        sql = sql.replace(f":{schema}_role", f'"{database}_{schema}"')
    for statement in sql.split("\n\n"):
        if not statement.startswith("-- "):
            connection.exec_driver_sql(statement)


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"DROP SCHEMA {schema} CASCADE")
