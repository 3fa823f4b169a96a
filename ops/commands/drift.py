"""`moorage drift`: compare the catalog with the registry, and mend the catalog."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Column, Table

from libs.common.db.engine import create_engine, is_unreachable
from libs.common.registry.client import RegistryUnavailable, connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from ops.commands.catalog_settings import catalog_settings
from ops.errors import OpsError
from ops.layout import Layout
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference

_SHOWN_OF_DIGEST = 19


async def drift(layout: Layout, *, repair: bool) -> bool:
    """Print what differs, mend the catalog where `repair` says so, and return whether nothing is left that differs.

    Raises OpsError when registry or database cannot be reached, or the registry's list is not complete: then nothing was changed.
    """
    settings = catalog_settings(layout)
    engine = create_engine(
        settings.database_url.get_secret_value(), application_name="moorage drift"
    )
    try:
        async with connected(settings.registry, subject=CATALOG_SUBJECT) as registry:
            with _plainly(repair=repair):
                compared = await usecases.compare(engine=engine, registry=registry)
                _show(compared)
                if not repair or not compared.differences:
                    return not compared.differences
                left = await usecases.repair(
                    engine=engine, registry=registry, found=compared.differences
                )
    finally:
        await engine.dispose()
    _tell_mended(compared.differences, left)
    return not left


@contextmanager
def _plainly(*, repair: bool) -> Iterator[None]:
    """Turn what stops a comparison into one line."""
    unchanged = "; nothing was mended" if repair else ""
    try:
        yield
    except RegistryUnavailable as error:
        raise OpsError(f"the registry could not be read to its end{unchanged}: {error}") from None
    except usecases.NothingListed:
        raise OpsError(
            f"the registry lists no repository, while the catalog knows images: is its storage there?{unchanged}"
        ) from None
    except Exception as error:
        if is_unreachable(error):
            raise OpsError(f"the database cannot be reached{unchanged}") from None
        raise


def _show(compared: usecases.Comparison) -> None:
    if not compared.differences:
        Console().print(f"Catalog and registry agree on {compared.repositories} repositories.")
        return
    table = Table(
        Column("repository", overflow="fold"),
        Column("tag or digest", overflow="fold"),
        Column("what differs"),
        "catalog",
        "registry",
        box=None,
    )
    for difference in compared.differences:
        table.add_row(
            difference.repository,
            difference.what,
            difference.kind.value,
            _short(difference.catalog),
            _short(difference.registry),
        )
    Console().print(table)
    Console().print(
        f"{len(compared.differences)} differences in {compared.repositories} repositories."
    )


def _tell_mended(found: Sequence[Difference], left: Sequence[Difference]) -> None:
    Console().print(
        f"Mended in the catalog: {len(found) - len(left)}. Who pushed what was found is not known."
    )
    for difference in left:
        reason = (
            "changed while it was looked at; look again"
            if difference.can_be_repaired
            else difference.kind.value
        )
        Console().print(f"Left: {difference.repository} {difference.what}: {reason}")


def _short(digest: str) -> str:
    return digest[:_SHOWN_OF_DIGEST] or "-"
