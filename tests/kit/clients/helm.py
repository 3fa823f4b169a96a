"""helm, as far as it pushes and pulls charts."""

from __future__ import annotations

from pathlib import Path

from tests.kit.clients.go_client import GoClient
from tests.kit.clients.helm_program import HELM
from tests.kit.process import Finished


class Helm(GoClient):
    """helm, over plain http."""

    program = HELM

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        options = ("--plain-http", "--username", username, "--password-stdin")
        return self.run("registry", "login", *options, registry, stdin=password)

    def package(self, name: str, version: str) -> Path:
        """Create a chart and return its archive."""
        self.run("create", name).checked()
        self.run("package", name, "--version", version).checked()
        return self.home / f"{name}-{version}.tgz"

    def push(self, archive: Path, place: str) -> Finished:
        """Push a chart to ``place`` (host:port/namespace). helm adds the chart's name."""
        return self.run("push", "--plain-http", archive, f"oci://{place}")

    def pull(self, chart: str, version: str) -> Path:
        """Pull ``chart`` (host:port/namespace/name) and return its archive.

        Raises:
            CommandFailed: helm failed.
        """
        folder = self.home / "pulled"
        folder.mkdir(exist_ok=True)
        options = ("--plain-http", "--version", version, "--destination", folder)
        self.run("pull", *options, f"oci://{chart}").checked()
        return folder / f"{chart.rpartition('/')[2]}-{version}.tgz"

    def show(self, chart: str, *options: str) -> str:
        """Print the chart's description. Without `--version`, helm takes the newest version."""
        words = ("show", "chart", "--plain-http", *options, f"oci://{chart}")
        return self.run(*words).checked().stdout
