"""The files of one installation, below its data folder."""

from dataclasses import dataclass
from pathlib import Path

SERVICES = ("auth", "catalog", "events")
PROJECT = Path(__file__).resolve().parents[1]
"""The folder of the code, `deploy`, `docs`, and `alembic`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The data folder (MOORAGE_DATA) and the paths in it."""

    root: Path

    @property
    def admin_password(self) -> Path:
        """The file with the password of the first account, if that was generated."""
        return self.root / "admin-password"

    @property
    def secrets(self) -> Path:
        """The folder of all secrets."""
        return self.root / "secrets"

    def secrets_of(self, part: str) -> Path:
        """Return the folder of the secrets that only `part` reads.

        Args:
            part: A service, `registry`, `postgres`, `owner`, or `ca`.
        """
        return self.secrets / part

    @property
    def owner_url(self) -> Path:
        """The file with the database URL of the role that owns the schemas and creates roles."""
        return self.secrets_of("owner") / "database_url"

    @property
    def superuser_password(self) -> Path:
        """The file with the superuser's password of the embedded PostgreSQL or its container."""
        return self.secrets_of("postgres") / "superuser_password"

    def database_url_of(self, service: str) -> Path:
        """Return the file with the database URL of a service."""
        return self.secrets_of(service) / f"{service}_database_url"

    @property
    def postgres(self) -> Path:
        """The cluster of the embedded PostgreSQL."""
        return self.root / "postgres"

    @property
    def registry(self) -> Path:
        """The registry's storage."""
        return self.root / "registry"

    @property
    def blob_cache(self) -> Path:
        """The gateway's cache of blobs from S3. It can be deleted while Moorage is stopped."""
        return self.root / "blob-cache"

    @property
    def gateway(self) -> Path:
        """The gateway's configuration, if the gateway is a container."""
        return self.root / "gateway"

    @property
    def run(self) -> Path:
        """Files of one run: rendered configuration, process ids, and temporary files.

        The next run deletes and creates them again.
        """
        return self.root / "run"

    @property
    def catalog_environment(self) -> Path:
        """The catalog's settings in the current run, for commands that run at the same time."""
        return self.run / "catalog-environment.json"

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.root / "logs"

    @property
    def tools(self) -> Path:
        """Unpacked Debian packages."""
        return self.root / "tools"
