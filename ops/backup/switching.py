"""Copies the storage of an installation, whether it runs or not."""

from contextlib import AsyncExitStack

from ops.backup.copy_storage import Copied, copy_storage
from ops.backup.database import given_url, has_own_server
from ops.backup.places import open_storage, storage_settings
from ops.backup.transport.hold import Check, storage_hold
from ops.backup.transport.progress import Bars
from ops.errors import OpsError
from ops.host.lock import only_run
from ops.layout import Layout
from ops.settings import load_run_settings


async def copy_installation(layout: Layout, *, to_s3: bool) -> Copied:
    """Copy the images to the bucket, or back to the folder.

    While Moorage runs, a hold keeps blobs from being deleted. If it does not run, this process
    keeps it from starting meanwhile.

    Raises:
        OpsError: a setting is missing, the images are in the target already, or the database
            cannot be reached.
        StorageUnavailable: a storage failed.
    """
    settings = storage_settings(layout)
    if settings.is_s3 == to_s3:
        # The copy would remove every link that the other storage does not have.
        raise OpsError(
            f"--to: MOORAGE_STORAGE is {settings.storage}, so Moorage uses the target already; set"
            " MOORAGE_STORAGE to the storage to copy from"
        )
    source = open_storage(layout, settings, is_s3=not to_s3)
    target = open_storage(layout, settings, is_s3=to_s3)
    async with AsyncExitStack() as stack:
        check = await _protect(stack, layout)
        bars = stack.enter_context(Bars())
        return await copy_storage(source, target, bars, check)


async def _protect(stack: AsyncExitStack, layout: Layout) -> Check:
    run_settings = load_run_settings()
    if has_own_server(layout, run_settings):
        try:
            stack.enter_context(only_run(layout))
        except OpsError:
            pass  # It runs, and so does its database.
        else:
            return _do_nothing
    url = given_url(layout, run_settings)
    return await stack.enter_async_context(storage_hold(url, reason="a copy of the storage"))


async def _do_nothing() -> None:
    """Check nothing: no sweep can run."""
