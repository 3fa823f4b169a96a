"""`moorage storage check`: tries each permission that Moorage needs, and says what is missing."""

import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console

from libs.common.storage.probe import BucketProbe
from libs.common.storage.settings import StorageSettings
from libs.common.storage.store import StorageUnavailable
from ops.errors import SettingError
from ops.layout import Layout
from ops.maintenance.catalog_settings import set_written_variables
from ops.settings import load_run_settings
from ops.storage import installation_storage


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``problem`` is None if it works."""

    name: str
    problem: str | None


async def check_storage(layout: Layout, *, is_json: bool) -> bool:
    """Print what works and what does not. Return whether everything works.

    Raises:
        SettingError: a setting of the storage is wrong.
    """
    set_written_variables(layout)
    storage = installation_storage()
    place = f"bucket {storage.s3.bucket}" if storage.is_s3 else f"folder {_folder(layout)}"
    findings = [one async for one in _findings(storage, layout)]
    is_complete = all(finding.problem is None for finding in findings)
    if is_json:
        result = {
            "storage": storage.storage,
            "ok": is_complete,
            "checks": [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(result))
        return is_complete
    console = Console(soft_wrap=True)
    for finding in findings:
        outcome = "ok" if finding.problem is None else finding.problem
        console.print(f"{finding.name}: {outcome}", markup=False, highlight=False)
    if is_complete:
        console.print(f"The {place} has everything that Moorage needs.", markup=False)
    return is_complete


async def _findings(storage: StorageSettings, layout: Layout) -> AsyncIterator[Finding]:
    if not storage.is_s3:
        yield _try_folder(_folder(layout))
        return
    probe = BucketProbe(storage.s3, f"moorage-check-{secrets.token_hex(8)}")
    steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("connect", probe.connect),
        ("list", probe.list),
        ("put", probe.put),
        ("get", probe.get),
        ("multipart upload", probe.upload_in_parts),
        ("presigned get", probe.get_presigned),
        ("clock", probe.check_clock),
        ("delete", probe.delete),
    ]
    try:
        for name, step in steps:
            finding = await _try(name, step)
            yield finding
            if name == "connect" and finding.problem is not None:
                return
    finally:
        await probe.close()
    if storage.s3_redirect:
        yield _check_redirect(storage)


async def _try(name: str, step: Callable[[], Awaitable[None]]) -> Finding:
    try:
        await step()
    except StorageUnavailable as error:
        return Finding(name, str(error))
    return Finding(name, None)


def _check_redirect(storage: StorageSettings) -> Finding:
    """Compare the endpoint with what clients can reach."""
    try:
        installation_storage(load_run_settings())
    except SettingError as error:
        return Finding("redirect", str(error))
    host = storage.s3.url.partition("://")[2]
    if host.startswith(("localhost", "127.", "[::1]")):
        return Finding(
            "redirect",
            f"S3_REDIRECT: clients on other machines cannot reach {storage.s3.url}; set an"
            " S3_ENDPOINT that they can reach, or S3_REDIRECT=false",
        )
    return Finding("redirect", None)


def _folder(layout: Layout) -> Path:
    return Path(os.environ.get("CATALOG_STORAGE_PATH") or layout.registry)


def _try_folder(folder: Path) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".moorage-check-") as file:
            file.write(b"check")
            file.flush()
    except OSError as error:
        return Finding("write", f"{folder} cannot be written: {error.strerror}")
    return Finding("write", None)
