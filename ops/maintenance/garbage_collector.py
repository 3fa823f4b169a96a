"""The registry's own garbage collector: `registry garbage-collect`, beside the running registry."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.host.environment import REGISTRY_ENVIRONMENT, child_environment
from ops.host.privileges import RunUser, run_user
from ops.install.debian import find_registry
from ops.layout import Layout
from ops.maintenance.active_uploads import blob_root, repository_root
from ops.maintenance.damaged_manifests import Revision, find_damage, without_damage
from ops.settings import RunSettings

_TRIES = 3
_ELIGIBLE = b"blob eligible for deletion: "
_LINE_BYTES = 1024 * 1024
_REASON_LENGTH = 300


FindKnown = Callable[[list[tuple[str, str]]], Awaitable[Collection[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class GarbageCollector:
    """How to run it: the registry's program and environment, its storage, and its user."""

    program: Path
    environment: Mapping[str, str]
    storage: Path
    user: RunUser

    async def collect(
        self, found: Callable[[str], None], *, find_known: FindKnown, dry_run: bool = False
    ) -> list[Revision]:
        """Delete every blob without a manifest, and call `found` with the digest of each.

        If the program fails, run it again: it reads every manifest before it deletes, and fails
        if a manifest is deleted meanwhile. The program dies with this process.

        `find_known` returns those manifests (repository, digest) that the catalog has: only their
        damaged links are repaired. Return the damaged manifests whose blobs nothing protects.

        Raises:
            OpsError: The program failed three times.
        """
        if not repository_root(self.storage).is_dir():
            return []  # Nothing was ever pushed. The program takes that for an error.
        status, reason = 0, ""
        for _ in range(_TRIES):
            revisions = await asyncio.to_thread(find_damage, self.storage)
            known = await find_known([(one.repository, one.digest) for one in revisions])
            with without_damage(self.storage, revisions, known=known) as damaged:
                status, reason = await self._run(found, dry_run=dry_run)
            if status == 0:
                return damaged
        raise OpsError(f"the registry's garbage-collect ended with status {status}: {reason}")

    def blob_size(self, digest: str) -> int:
        """Return the size of a blob in bytes, or 0 if it is gone."""
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
                limit=_LINE_BYTES,
                start_new_session=True,
            )
            async with _killed_at_exit(process):
                assert process.stdout is not None
                assert process.stderr is not None
                last, _ = await asyncio.gather(
                    _last_line(process.stderr), _read_digests(process.stdout, found)
                )
                return await process.wait(), last


def find_garbage_collector(layout: Layout, settings: RunSettings) -> GarbageCollector:
    """Return the garbage collector of the registry that runs on the data folder.

    If no registry runs, return that of the registry that `moorage run` would start.

    Raises:
        OpsError: There is no storage, or no registry program.
    """
    if not layout.registry.is_dir():
        raise OpsError(f"there are no images in {layout.registry}")
    try:
        running = json.loads(layout.registry_program.read_text())
        program, environment = Path(running["program"]), dict(running["environment"])
    except FileNotFoundError:
        tool = find_registry(settings.tools or layout.tools, settings.registry_bin)
        program = tool.path
        environment = child_environment(**REGISTRY_ENVIRONMENT, **tool.environment)
    user = run_user([layout.root, program], data=layout.registry)
    return GarbageCollector(program, environment, layout.registry, user)


@contextlib.contextmanager
def _configuration(storage: Path) -> Iterator[Path]:
    """Write a configuration of the storage alone. The registry's own contains secrets."""
    folder = Path(tempfile.mkdtemp(prefix="moorage-gc-"))
    try:
        folder.chmod(0o755)  # The program can run as another user.
        file = folder / "config.yml"
        file.write_text(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n"
            f"    rootdirectory: {json.dumps(str(storage))}\n"
        )
        file.chmod(0o644)
        yield file
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def _killed_at_exit(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _read_digests(stream: asyncio.StreamReader, found: Callable[[str], None]) -> None:
    async for line in stream:
        if line.startswith(_ELIGIBLE):
            found(line.removeprefix(_ELIGIBLE).strip().decode(errors="replace"))


async def _last_line(stream: asyncio.StreamReader) -> str:
    last = b"no output"
    async for line in stream:
        last = line.strip() or last
    return last.decode(errors="replace")[:_REASON_LENGTH]
