"""`moorage drift`: compares the catalog with the registry, and repairs the catalog.

With `--repair`, damaged tags and manifests are pushed to the registry again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Column, Table

from libs.common.db.engine import create_engine, is_unreachable
from libs.common.registry.client import connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.storage.settings import opened_storage
from ops.errors import OpsError
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference, Kind

_DIGEST_LENGTH = 19
"""Characters of a digest that the table shows."""


async def drift(layout: Layout, *, repair: bool) -> bool:
    """Print the differences, and with `repair`, repair them. Return whether none is left.

    An image that lacks a blob is listed only: each tenant can delete the blobs of its images.

    Raises:
        OpsError: The registry or the database cannot be reached, or the registry's list is not
            complete.
    """
    settings = catalog_settings(layout)
    engine = create_engine(
        settings.database_url.get_secret_value(), application_name="moorage drift"
    )
    try:
        async with (
            connected(settings.registry, subject=CATALOG_SUBJECT) as registry,
            opened_storage(settings, local=settings.storage_path) as storage,
        ):
            with _one_line_errors(repair=repair):
                compared = await usecases.compare(engine=engine, registry=registry)
                _print_differences(compared)
                if not repair or not compared.differences:
                    return not compared.failures and not _open(compared.differences)
                left = await usecases.repair(
                    engine=engine,
                    registry=registry,
                    found=compared.differences,
                    storage=storage,
                )
    finally:
        await engine.dispose()
    _print_repairs(compared.differences, left)
    return not compared.failures and not _open(left)


def _open(differences: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in differences if difference.is_open]


@contextmanager
def _one_line_errors(*, repair: bool) -> Iterator[None]:
    unchanged = "; nothing was repaired" if repair else ""
    try:
        yield
    except RegistryUnavailable as error:
        raise OpsError(f"the registry cannot be read completely{unchanged}: {error}") from None
    except usecases.NothingListed:
        raise OpsError(
            "the registry lists no repository, but the catalog has images:"
            f" check the registry's storage{unchanged}"
        ) from None
    except Exception as error:
        if is_unreachable(error):
            raise OpsError(f"the database cannot be reached{unchanged}") from None
        raise


def _print_differences(compared: usecases.Comparison) -> None:
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


def _print_repairs(found: Sequence[Difference], left: Sequence[Difference]) -> None:
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
