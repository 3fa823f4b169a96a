"""The registry's own collector of garbage: `registry garbage-collect`, beside the registry that runs."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.maintenance.active_uploads import blob_root, repositories
from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.privileges import RunUser, run_user
from ops.install.debian import find_registry
from ops.layout import Layout
from ops.settings import RunSettings

_TRIES = 3
_ELIGIBLE = b"blob eligible for deletion: "
_LONGEST_LINE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Collector:
    """How to run it: the registry's program, its environment, the storage and who the storage belongs to."""

    program: Path
    environment: Mapping[str, str]
    storage: Path
    user: RunUser

    async def collect(self, found: Callable[[str], None], *, dry_run: bool = False) -> None:
        """Delete every blob that no manifest holds; `found` gets the digest of each. Raises OpsError.

        It begins anew when it fails, for it looks at all manifests before it deletes, and one may be deleted meanwhile. It dies with us.
        """
        if not repositories(self.storage).is_dir():
            return  # nothing was ever pushed, which it takes for a failure
        for left in reversed(range(_TRIES)):
            status, last = await self._run(found, dry_run=dry_run)
            if status == 0:
                return
            if left == 0:
                raise OpsError(f"the registry's garbage-collect ended with status {status}: {last}")

    def blob_size(self, digest: str) -> int:
        """Return how many bytes the blob's content has; 0 when it is gone."""
        algorithm, _, value = digest.partition(":")
        try:
            return (blob_root(self.storage) / algorithm / value[:2] / value / "data").stat().st_size
        except FileNotFoundError:
            return 0

    async def _run(self, found: Callable[[str], None], *, dry_run: bool) -> tuple[int, str]:
        with _configuration(self.storage) as configuration:
            argv = [
                str(self.program),
                "garbage-collect",
                *(["--dry-run"] if dry_run else []),
                str(configuration),
            ]
            process = await asyncio.create_subprocess_exec(
                *self.user.command(argv, death_signal="KILL"),
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd="/",
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
            async with _ended(process):
                assert process.stdout is not None
                assert process.stderr is not None
                last, _ = await asyncio.gather(
                    _last_line(process.stderr), _read(process.stdout, found)
                )
                return await process.wait(), last


def find_collector(layout: Layout, settings: RunSettings) -> Collector:
    """Return the collector of the registry that runs on the data folder, or of the one that would. Raises OpsError."""
    if not layout.registry.is_dir():
        raise OpsError(f"there are no images in {layout.registry}")
    try:
        running = json.loads(layout.registry_program.read_text())
        program, environment = Path(running["program"]), dict(running["environment"])
    except FileNotFoundError:
        tool = find_registry(settings.tools or layout.tools, settings.registry_bin)
        program, environment = (
            tool.path,
            child_environment(OTEL_TRACES_EXPORTER="none", **tool.environment),
        )
    return Collector(
        program,
        environment,
        layout.registry,
        run_user([layout.root, program], data=layout.registry),
    )


@contextlib.contextmanager
def _configuration(storage: Path) -> Iterator[Path]:
    """A configuration with the storage alone: the registry's own holds secrets."""
    folder = Path(tempfile.mkdtemp(prefix="moorage-gc-"))
    try:
        folder.chmod(0o755)  # it may be read as another user
        file = folder / "config.yml"
        file.write_text(
            f"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {json.dumps(str(storage))}\n"
        )
        file.chmod(0o644)
        yield file
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def _ended(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _read(stream: asyncio.StreamReader, found: Callable[[str], None]) -> None:
    async for line in stream:
        if line.startswith(_ELIGIBLE):
            found(line.removeprefix(_ELIGIBLE).strip().decode(errors="replace"))


async def _last_line(stream: asyncio.StreamReader) -> str:
    last = b"it said nothing"
    async for line in stream:
        last = line.strip() or last
    return last.decode(errors="replace")[:300]
