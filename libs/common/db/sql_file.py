"""Runs a migration that is written in SQL, beside its Python file, so that it is read as PostgreSQL reads it."""

from pathlib import Path

import sqlalchemy as sa

_SERVICES = ("auth", "catalog", "events")


def run_beside(connection: sa.Connection, migration: str) -> None:
    """Run the `.sql` file of the same name as the Python file `migration`, whole, in the transaction of `connection`.

    `:auth_role`, `:catalog_role` and `:events_role` stand for the services' roles, whose names begin with the database's.
    """
    database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    sql = Path(migration).with_suffix(".sql").read_text()
    for service in _SERVICES:
        sql = sql.replace(f":{service}_role", f'"{database}_{service}"')
    # The driver takes several statements at once only without parameters, which SQLAlchemy always prepares for.
    adapted = connection.connection.dbapi_connection
    assert adapted is not None
    adapted.run_async(lambda driver: driver.execute(sql))
