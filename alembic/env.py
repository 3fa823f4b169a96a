"""Runs the migrations of all three schemas, as the role that owns them.

The caller passes a synchronous connection in ``config.attributes["connection"]``, as
``ops.db.migrate`` does, so no file contains the database's address.
"""

import sqlalchemy as sa

from alembic import context
from services.auth.tables import metadata as auth
from services.catalog.tables import metadata as catalog
from services.events.tables import metadata as events

SCHEMAS = {"auth", "catalog", "events"}


def _include_name(name: str | None, type_: str, parent_names: object) -> bool:
    return name in SCHEMAS if type_ == "schema" else True


def _include_object(
    item: object, _name: str | None, type_: str, _reflected: bool, _other: object
) -> bool:
    # Only the migrations have indexes on expressions, because PostgreSQL reports an expression in
    # another spelling, which cannot be compared.
    return type_ != "index" or all(
        isinstance(part, sa.Column) for part in getattr(item, "expressions", ())
    )


def run(connection: sa.Connection) -> None:
    """Run Alembic's command, such as ``upgrade``, on the database of ``connection``."""
    connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS moorage"))
    # For every step. While a step waits for a lock on a table, all later queries of that table
    # wait behind it, so a step that cannot get its locks must fail instead.
    connection.execute(sa.text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=[auth, catalog, events],
        include_schemas=True,
        include_name=_include_name,
        include_object=_include_object,
        version_table_schema="moorage",
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
