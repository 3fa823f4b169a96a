"""podman and buildah: clients with image storage of their own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit.clients.base import ContainersClient
from tests.kit.images import Image, Index
from tests.kit.install import Toolbox
from tests.kit.process import Finished


class Podman(ContainersClient):
    """podman. It runs no container here, so it needs no network and no cgroup."""

    name = "podman"

    def __init__(
        self,
        tools: Toolbox,
        home: Path,
        *,
        hosts: Mapping[str, str] | None = None,
        ca: Path | None = None,
    ) -> None:
        super().__init__(tools, home, hosts=hosts, ca=ca)
        self.environment["CONTAINERS_CONF"] = str(self._write_containers_conf(tools))

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Import the image into podman's storage and push it."""
        layout = self._layout(content)
        verify, target = f"--{self._tls_verify}", f"docker://{reference}"
        if isinstance(content, Image):
            local = self._execute("pull", "--quiet", layout).checked().stdout.strip()
            return self._execute("push", verify, local, target)
        name = f"localhost/{secrets.token_hex(6)}"
        self._execute("manifest", "create", name).checked()
        self._execute("manifest", "add", "--all", name, layout).checked()
        return self._execute("manifest", "push", "--all", verify, name, target)

    def pull(self, reference: str) -> Finished:
        """Delete the local image and pull it."""
        self._execute("image", "rm", "--force", reference)
        return self.pull_again(reference)

    def copy(self, source: str, target: str) -> Finished:
        """Pull an image, and push it under another name."""
        self.pull_again(source).checked()
        self._execute("tag", source, target).checked()
        return self._execute("push", f"--{self._tls_verify}", target)

    def pull_again(self, reference: str) -> Finished:
        """Pull the image without deleting the local copy first."""
        return self._execute("pull", "--quiet", f"--{self._tls_verify}", reference)

    def repositories(self, registry: str) -> list[str]:
        """List the repositories of ``registry`` (host:port)."""
        return [row["Name"].removeprefix(f"{registry}/") for row in self._found(f"{registry}/")]

    def tags(self, repository: str) -> list[str]:
        """List the tags of ``repository`` (host:port/namespace/name)."""
        return [tag for row in self._found("--list-tags", repository) for tag in row["Tags"]]

    def _found(self, *words: str) -> list[dict[str, Any]]:
        options = (f"--{self._tls_verify}", "--limit", "10000", "--format", "json")
        found = self._execute("search", *options, *words).checked().stdout
        rows: list[dict[str, Any]] = json.loads(found) if found.strip() else []
        return rows

    def pulled_config(self, reference: str) -> str:
        """Return the image ID, which is the config digest."""
        shown = self._execute("image", "inspect", "--format", "{{.Id}}", reference).checked()
        return f"sha256:{shown.stdout.strip()}"

    def _execute(self, *words: str | Path, stdin: str = "") -> Finished:
        # Podman rejects a run root with a long path. `/run` is a folder of the home here.
        folders = ("--root", self.home / "storage", "--runroot", "/run/podman")
        options = (*folders, "--tmpdir", "/run/libpod", "--storage-driver", "vfs")
        return self._run(*options, *words, stdin=stdin)

    def _write_containers_conf(self, tools: Toolbox) -> Path:
        usr = [*tools.root.glob("*/usr"), Path("/usr/local"), Path("/usr")]
        helpers = json.dumps(
            [str(folder / name / "podman") for folder in usr for name in ("lib", "libexec")]
        )
        path = self.home / "containers.conf"
        path.write_text(
            "[engine]\n"
            'cgroup_manager = "cgroupfs"\n'
            'events_logger = "none"\n'
            'lock_type = "file"\n'
            'runtime = "runc"\n'
            f"helper_binaries_dir = {helpers}\n"
            f'conmon_path = ["{tools.find("conmon")}"]\n'
            f'[engine.runtimes]\nrunc = ["{tools.find("runc")}"]\n'
            f'[network]\nnetwork_config_dir = "{self.home / "networks"}"\n'
        )
        return path


class Buildah(ContainersClient):
    """buildah."""

    name = "buildah"

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Import the image into buildah's storage and push it."""
        local = self._execute("pull", "--quiet", self._layout(content)).checked().stdout.strip()
        return self._execute("push", f"--{self._tls_verify}", local, f"docker://{reference}")

    def pull(self, reference: str) -> Finished:
        """Delete the local image and pull it."""
        self._execute("rmi", "--force", reference)
        return self.pull_again(reference)

    def copy(self, source: str, target: str) -> Finished:
        """Pull an image, and push it under another name."""
        self.pull_again(source).checked()
        self._execute("tag", source, target).checked()
        return self._execute("push", f"--{self._tls_verify}", target)

    def pull_again(self, reference: str) -> Finished:
        """Pull the image without deleting the local copy first."""
        options = ("--quiet", "--policy", "always", f"--{self._tls_verify}")
        return self._execute("pull", *options, reference)

    def pulled_config(self, reference: str) -> str:
        """Return the image ID, which is the config digest."""
        options = ("--type", "image", "--format", "{{.FromImageID}}")
        return f"sha256:{self._execute('inspect', *options, reference).checked().stdout.strip()}"

    def _execute(self, *words: str | Path, stdin: str = "") -> Finished:
        folders = ("--root", self.home / "storage", "--runroot", "/run/buildah")
        return self._run(*folders, "--storage-driver", "vfs", *words, stdin=stdin)
