"""Which errors mean that PostgreSQL is unreachable."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, InterfaceError

from libs.common.db.engine import is_unreachable


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError(""),
        asyncpg.TooManyConnectionsError(""),
        asyncpg.ReadOnlySQLTransactionError(""),
        InterfaceError("SELECT 1", None, asyncpg.InterfaceError("closed")),
        DBAPIError("SELECT 1", None, Exception(), connection_invalidated=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_connection_means_unreachable(error: Exception) -> None:
    assert is_unreachable(error)


def test_an_error_caused_by_a_lost_connection_means_unreachable() -> None:
    error = RuntimeError()
    error.__cause__ = ConnectionResetError()
    assert is_unreachable(error)


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError(""), ValueError(), KeyError()])
def test_a_rejected_statement_does_not_mean_unreachable(error: Exception) -> None:
    assert not is_unreachable(error)
    assert not is_unreachable(DBAPIError("INSERT", None, error))


def test_a_cycle_of_causes_does_not_loop_forever() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert not is_unreachable(first)
