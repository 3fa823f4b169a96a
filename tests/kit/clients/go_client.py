"""The base of the clients that Go builds, and their versions."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import ClassVar, Self

from tests.kit.clients.helm_program import HELM
from tests.kit.go import GoProgram
from tests.kit.http.accounts import DockerUser
from tests.kit.images import Image, Index, write_oci_layout
from tests.kit.install import Toolbox
from tests.kit.process import Finished, run


def _program(name: str, package: str, version: str) -> GoProgram:
    return GoProgram(f"{name}-{version}", name, f"{package}@{version}", parallel=2, seconds=1800)


CRANE = _program("crane", "github.com/google/go-containerregistry/cmd/crane", "v0.22.1")
REGCTL = _program("regctl", "github.com/regclient/regclient/cmd/regctl", "v0.11.7")
ORAS = _program("oras", "oras.land/oras/cmd/oras", "v1.3.6")
COSIGN = _program("cosign", "github.com/sigstore/cosign/v2/cmd/cosign", "v2.6.5")

PROGRAMS = (CRANE, REGCTL, ORAS, HELM, COSIGN)
"""The clients, in the order in which they are built. The largest ones are the last ones."""


class GoClient:
    """A client program that Go builds. It writes only to its home folder.

    Args:
        tools: where the program is installed.
        home: an empty folder.
    """

    program: ClassVar[GoProgram]

    def __init__(self, tools: Toolbox, home: Path) -> None:
        self.home = home
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
        }
        self._path = self.program.path(tools.root)

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        raise NotImplementedError

    def logged_in(self, registry: str, user: DockerUser) -> Self:
        """Log in as ``user`` and return this client.

        Raises:
            CommandFailed: the registry refused the login.
        """
        self.login(registry, user.username, user.password).checked()
        return self

    def run(self, *words: str | Path, stdin: str = "") -> Finished:
        """Run the program in its home folder."""
        return run(
            [self._path, *words], environment=self.environment, stdin=stdin, directory=self.home
        )


class LayoutClient(GoClient):
    """A client that copies images between a registry and OCI layouts in its home."""

    def __init__(self, tools: Toolbox, home: Path) -> None:
        super().__init__(tools, home)
        self._pulled: dict[str, Path] = {}

    def pulled_config(self, reference: str) -> str:
        """Return the config digest of the last pull of ``reference``."""
        folder = self._pulled[reference]
        top = json.loads((folder / "index.json").read_text())["manifests"][0]["digest"]
        manifest = folder / "blobs" / "sha256" / top.removeprefix("sha256:")
        digest: str = json.loads(manifest.read_text())["config"]["digest"]
        return digest

    def _layout(self, content: Image | Index) -> Path:
        """Write the image as an OCI layout with the tag `latest`, and return its folder."""
        return write_oci_layout(content, self.home / "images" / secrets.token_hex(6))

    def _place(self, reference: str) -> Path:
        """Return a new folder for a pull of ``reference``."""
        self._pulled[reference] = self.home / "images" / secrets.token_hex(6)
        self._pulled[reference].parent.mkdir(exist_ok=True)
        return self._pulled[reference]
