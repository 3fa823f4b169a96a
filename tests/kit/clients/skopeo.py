"""skopeo: a client without image storage, which copies images to and from OCI layouts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.kit.clients.base import ContainersClient
from tests.kit.images import Blob, Image, Index
from tests.kit.install import Toolbox
from tests.kit.process import Finished


class Skopeo(ContainersClient):
    """skopeo. It writes each pulled image as an OCI layout in its home."""

    name = "skopeo"

    def __init__(
        self,
        tools: Toolbox,
        home: Path,
        *,
        hosts: Mapping[str, str] | None = None,
        ca: Path | None = None,
    ) -> None:
        super().__init__(tools, home, hosts=hosts, ca=ca)
        self._pulled: dict[str, Path] = {}

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Push an image from a new OCI layout."""
        return self.push_from(self._layout(content), reference)

    def push_from(self, source: str, reference: str) -> Finished:
        """Copy ``source`` in skopeo's notation (such as `dir:FOLDER`), with all its platforms."""
        return self._run(
            "copy", "--all", f"--dest-{self._tls_verify}", source, f"docker://{reference}"
        )

    def copy(self, source: str, target: str) -> Finished:
        """Copy an image within the registry, with all its platforms."""
        return self._run(
            "copy",
            "--all",
            f"--src-{self._tls_verify}",
            f"--dest-{self._tls_verify}",
            f"docker://{source}",
            f"docker://{target}",
        )

    def pull(self, reference: str, *, all_platforms: bool = False) -> Finished:
        """Copy the image to a new OCI layout."""
        folder = self.home / "images" / secrets.token_hex(6)
        self._pulled[reference] = folder
        options = (*(("--all",) if all_platforms else ()), f"--src-{self._tls_verify}")
        return self._run("copy", *options, f"docker://{reference}", f"oci:{folder}:latest")

    def pull_again(self, reference: str) -> Finished:
        """Pull the image. Skopeo has no local copy that could change the requests."""
        return self.pull(reference)

    def pulled_manifest(self, reference: str) -> Blob:
        """Return the manifest or index of the last pull of ``reference``."""
        folder = self._pulled[reference]
        top = json.loads((folder / "index.json").read_text())["manifests"][0]
        blob = folder / "blobs" / "sha256" / top["digest"].removeprefix("sha256:")
        return Blob(top["mediaType"], blob.read_bytes())

    def pulled_config(self, reference: str) -> str:
        """Return the config digest of the last pull of ``reference``."""
        digest: str = json.loads(self.pulled_manifest(reference).content)["config"]["digest"]
        return digest

    def raw_manifest(self, reference: str) -> bytes:
        """Return the manifest or index of a tag, byte for byte."""
        shown = self._run("inspect", "--raw", f"--{self._tls_verify}", f"docker://{reference}")
        return shown.checked().stdout.encode()

    def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository (host:port/namespace/name)."""
        listed = self._run("list-tags", f"--{self._tls_verify}", f"docker://{repository}")
        tags: list[str] = json.loads(listed.checked().stdout)["Tags"]
        return tags

    def delete(self, reference: str, *, debug: bool = False) -> Finished:
        """Delete the manifest that ``reference`` names from the registry.

        With ``debug``, skopeo writes its requests to standard error.
        """
        options = ("--debug",) if debug else ()
        return self._run(*options, "delete", f"--{self._tls_verify}", f"docker://{reference}")
