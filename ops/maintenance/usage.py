"""`moorage usage`: compares the storage use of each account with its images, trash, and uploads."""

import json
from collections.abc import Sequence

import typer

from libs.common.db.engine import create_engine, is_unreachable
from ops.errors import OpsError
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.counted import counted
from services.catalog.quotas import usecases
from services.catalog.quotas.domain import RebuiltAccount

_STATEMENT_SECONDS = 3600.0
"""Limit of a statement. One of them compares or computes the use of a whole account."""


async def compare_usage(layout: Layout, *, repair: bool, is_json: bool = False) -> bool:
    """Print the accounts whose figures are wrong, and with `repair`, compute them again.

    Return whether none is wrong any more. With `is_json`, print one JSON object.

    Raises:
        OpsError: The database cannot be reached.
    """
    engine = create_engine(
        catalog_settings(layout).database_url.get_secret_value(),
        application_name="moorage usage",
        statement_seconds=_STATEMENT_SECONDS,
    )
    try:
        wrong = await usecases.rebuild(engine=engine, only_check=not repair)
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
    finally:
        await engine.dispose()
    if is_json:
        _print_json(wrong, repaired=repair)
        return repair or not wrong
    for account in wrong:
        state = f"now {account.use.used_bytes} bytes" if repair else "wrong"
        typer.echo(f"{account.username}: {counted(account.differences, 'difference')}, {state}")
    if not wrong:
        typer.echo("The storage use of all accounts is right.")
    return repair or not wrong


def _print_json(wrong: Sequence[RebuiltAccount], *, repaired: bool) -> None:
    accounts = [
        {"username": account.username, "differences": account.differences, "repaired": repaired}
        | ({"used_bytes": account.use.used_bytes} if repaired else {})
        for account in wrong
    ]
    typer.echo(json.dumps({"accounts": accounts}))
