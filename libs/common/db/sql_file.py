"""Runs migrations that are written in SQL files beside their Python files."""

from pathlib import Path

import sqlalchemy as sa

_SERVICES = ("auth", "catalog", "events")


def run_beside(connection: sa.Connection, migration: str) -> None:
    """Run the SQL file beside the Python file ``migration`` in the transaction of ``connection``.

    The driver receives the whole file, so PostgreSQL alone decides where a statement ends.
    ``:auth_role``, ``:catalog_role``, and ``:events_role`` stand for the roles of the services,
    whose names begin with the name of the database.
    """
    database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    sql = Path(migration).with_suffix(".sql").read_text()
    for service in _SERVICES:
        sql = sql.replace(f":{service}_role", f'"{database}_{service}"')
    # SQLAlchemy prepares what it executes, and PostgreSQL cannot prepare a text of several
    # statements. So the driver executes the file directly.
    adapted = connection.connection.dbapi_connection
    assert adapted is not None
    adapted.run_async(lambda driver: driver.execute(sql))
