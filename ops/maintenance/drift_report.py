"""What `moorage drift` prints."""

import json
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Column, Table

from services.catalog.sync.drift.domain import Difference, Kind
from services.catalog.sync.drift.usecases import Comparison

_DIGEST_LENGTH = 19
"""Characters of a digest that the table shows."""


def print_json(compared: Comparison, *, left: Sequence[Difference]) -> None:
    """Print one JSON object. The differences that are not in `left` were repaired."""
    differences = [
        {
            "repository": difference.repository,
            "reference": difference.reference,
            "kind": difference.kind.name.lower(),
            "catalog": difference.catalog or None,
            "registry": difference.registry or None,
            "repaired": difference not in left,
        }
        for difference in compared.differences
    ]
    typer.echo(
        json.dumps(
            {
                "repositories": compared.repositories,
                "differences": differences,
                "not_compared": dict(compared.failures),
            }
        )
    )


def print_differences(compared: Comparison) -> None:
    """Print a table of the differences, and the repositories that were not compared."""
    for repository, reason in sorted(compared.failures.items()):
        Console(soft_wrap=True).print(f"Not compared: {repository}: {reason}", markup=False)
    if not compared.differences and not compared.failures:
        Console().print(
            f"Repositories compared: {compared.repositories}. Catalog and registry agree."
        )
        return
    if compared.differences:
        _print_table(compared.differences)
    Console().print(
        f"Repositories compared: {compared.repositories}. Differences: {len(compared.differences)}."
    )


def _print_table(differences: Sequence[Difference]) -> None:
    table = Table(
        Column("repository", overflow="fold"),
        Column("tag or digest", overflow="fold"),
        Column("difference"),
        "catalog",
        "registry",
        box=None,
    )
    for difference in differences:
        table.add_row(
            difference.repository,
            difference.reference,
            difference.kind.value,
            _shorten(difference.catalog),
            _shorten(difference.registry),
        )
    Console().print(table)


def print_repairs(found: Sequence[Difference], left: Sequence[Difference]) -> None:
    """Print how many of the differences were repaired, and why the others were not."""
    Console().print(f"Repaired: {len(found) - len(left)}.")
    for difference in left:
        Console(soft_wrap=True).print(
            f"Not repaired: {difference.repository} {difference.reference}: {_reason(difference)}",
            markup=False,
        )


def _reason(difference: Difference) -> str:
    if difference.kind is Kind.DAMAGED:
        return "damaged, and its content cannot be read or pushed again"
    if difference.is_repairable:
        return "changed during the repair, or failed; see the errors above, and run it again"
    return difference.kind.value


def _shorten(digest: str) -> str:
    return digest[:_DIGEST_LENGTH] or "-"
