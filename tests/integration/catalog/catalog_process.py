"""The catalog service in a process of its own, which a test kills."""

import multiprocessing
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import uvicorn
from pydantic import AnyHttpUrl, SecretStr

from services.catalog.app import create_app
from services.catalog.settings import Settings

# The fork server imports this module once, so that a process starts within milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def _serve(
    secrets_dir: str, database_url: str, registry_url: str, storage_path: str, port: int
) -> None:
    settings = Settings(
        SECRETS_DIR=Path(secrets_dir),
        database_url=SecretStr(database_url),
        registry_url=AnyHttpUrl(registry_url),
        storage_path=Path(storage_path),
    )
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_config=None)


@dataclass
class CatalogProcess:
    """The catalog service in a process of its own."""

    secrets_dir: Path
    database_url: str
    registry_url: str
    storage_path: Path
    port: int
    process: ForkServerProcess | None = None

    @property
    def api(self) -> str:
        """The URL of the JSON API."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self) -> None:
        """Start the process, and do not wait until it answers."""
        arguments = (
            str(self.secrets_dir),
            self.database_url,
            self.registry_url,
            str(self.storage_path),
            self.port,
        )
        self.process = _processes.Process(target=_serve, args=arguments)
        self.process.start()

    def kill(self) -> None:
        """Send SIGKILL, so that the process finishes nothing."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
