"""Where everything of one installation lies, below its data folder."""

from dataclasses import dataclass
from pathlib import Path

SERVICES = ("auth", "catalog", "events")
PROJECT = Path(__file__).resolve().parents[1]
"""The folder that holds the code, `deploy`, `docs`, and `alembic`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The data folder (MOORAGE_DATA) and the places in it."""

    root: Path

    @property
    def admin_password(self) -> Path:
        """The first account's password, where one was made for it."""
        return self.root / "admin-password"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    def secrets_of(self, part: str) -> Path:
        """The folder of the secrets that only `part` reads: a service, `registry`, `postgres`, `owner` or `ca`."""
        return self.secrets / part

    @property
    def owner_url(self) -> Path:
        """The URL of the database role that owns the schemas and makes the services' roles."""
        return self.secrets_of("owner") / "database_url"

    @property
    def superuser_password(self) -> Path:
        """Of the embedded PostgreSQL, or of the container."""
        return self.secrets_of("postgres") / "superuser_password"

    def database_url_of(self, service: str) -> Path:
        return self.secrets_of(service) / f"{service}_database_url"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's cluster."""
        return self.root / "postgres"

    @property
    def registry(self) -> Path:
        """The registry's storage."""
        return self.root / "registry"

    @property
    def gateway(self) -> Path:
        """The gateway's configuration, where it runs in a container of its own."""
        return self.root / "gateway"

    @property
    def run(self) -> Path:
        """What one run needs and the next one makes anew: rendered configuration, process ids, temporary files."""
        return self.root / "run"

    @property
    def catalog_environment(self) -> Path:
        """What the run that is going on gave to the catalog: for commands that do the catalog's work beside it."""
        return self.run / "catalog-environment.json"

    @property
    def registry_program(self) -> Path:
        """The registry's program and environment in the run that is going on: its collector of garbage must be the same."""
        return self.run / "registry-program.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def tools(self) -> Path:
        """Unpacked Debian packages."""
        return self.root / "tools"
