"""`moorage drift`: compares the catalog with the registry, and repairs the catalog.

With `--repair`, damaged tags and manifests are pushed to the registry again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from libs.common.db.engine import create_engine, is_unreachable
from libs.common.registry.client import connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.storage.settings import opened_storage
from ops.errors import OpsError
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.drift_report import print_differences, print_json, print_repairs
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference


async def drift(layout: Layout, *, repair: bool, is_json: bool = False) -> bool:
    """Print the differences, and with `repair`, repair them. Return whether none is left.

    With `is_json`, print one JSON object at the end.

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
                if not is_json:
                    print_differences(compared)
                if not repair or not compared.differences:
                    if is_json:
                        print_json(compared, left=compared.differences)
                    return not compared.failures and not _open(compared.differences)
                left = await usecases.repair(
                    engine=engine,
                    registry=registry,
                    found=compared.differences,
                    storage=storage,
                )
    finally:
        await engine.dispose()
    if is_json:
        print_json(compared, left=left)
    else:
        print_repairs(compared.differences, left)
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
