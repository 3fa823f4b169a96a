"""oras: a client for artifacts of any kind."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.kit.clients.go_client import ORAS, LayoutClient
from tests.kit.images import Image, Index
from tests.kit.process import Finished


class Oras(LayoutClient):
    """oras, over plain http."""

    program = ORAS

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        options = ("--plain-http", "--username", username, "--password-stdin")
        return self.run("login", *options, registry, stdin=password)

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Copy an image from a new OCI layout."""
        layout = f"{self._layout(content)}:latest"
        return self.run("cp", "--from-oci-layout", layout, "--to-plain-http", reference)

    def pull(self, reference: str) -> Finished:
        """Copy the image to a new OCI layout."""
        layout = f"{self._place(reference)}:latest"
        return self.run("cp", "--from-plain-http", reference, "--to-oci-layout", layout)

    def push_file(self, content: str, reference: str) -> Finished:
        """Push a file, with a new name, as an artifact."""
        return self.run("push", "--plain-http", reference, self._file(content))

    def pull_file(self, reference: str) -> str:
        """Pull an artifact of one file and return the content of the file."""
        folder = self.home / secrets.token_hex(6)
        self.run("pull", "--plain-http", "--output", folder, reference).checked()
        (file,) = folder.iterdir()
        return file.read_text()

    def copy(self, source: str, target: str, *options: str) -> Finished:
        """Copy an artifact within the registry. ``options`` can be `--recursive`."""
        return self.run("cp", *options, "--from-plain-http", "--to-plain-http", source, target)

    def tag(self, reference: str, tag: str) -> Finished:
        """Give the artifact ``reference`` the tag ``tag``, too."""
        return self.run("tag", "--plain-http", reference, tag)

    def tags(self, repository: str) -> list[str]:
        """List the tags of ``repository`` (host:port/namespace/name)."""
        return self.run("repo", "tags", "--plain-http", repository).checked().stdout.split()

    def repositories(self, registry: str) -> list[str]:
        """List the repositories of ``registry`` (host:port)."""
        return self.run("repo", "ls", "--plain-http", registry).checked().stdout.split()

    def delete(self, reference: str) -> Finished:
        """Delete the manifest that a digest, or a tag, names."""
        return self.run("manifest", "delete", "--plain-http", "--force", reference)

    def push_blob(self, repository: str, content: str) -> Finished:
        """Upload a blob to ``repository`` (host:port/namespace/name)."""
        return self.run("blob", "push", "--plain-http", repository, self._file(content))

    def delete_blob(self, repository: str, digest: str) -> Finished:
        """Delete a blob of ``repository`` (host:port/namespace/name)."""
        return self.run("blob", "delete", "--plain-http", "--force", f"{repository}@{digest}")

    def attach(self, reference: str, artifact_type: str, content: str, *options: str) -> Finished:
        """Push a file as an artifact whose subject is ``reference``.

        ``options`` can select the fallback tag instead of the referrers API.
        """
        kind = ("--artifact-type", artifact_type)
        return self.run("attach", "--plain-http", *kind, *options, reference, self._file(content))

    def referrers(self, reference: str, *options: str) -> list[str]:
        """List the digests of the artifacts whose subject is ``reference``."""
        words = ("discover", "--plain-http", "--format", "json", "--depth", "1", *options)
        found = json.loads(self.run(*words, reference).checked().stdout)
        return [item["digest"] for item in found.get("referrers") or found.get("manifests") or []]

    def tree(self, reference: str) -> str:
        """Print the artifact and everything that is attached to it."""
        return self.run("discover", "--plain-http", reference).checked().stdout

    def _file(self, content: str) -> Path:
        path = Path(f"file-{secrets.token_hex(6)}.txt")
        (self.home / path).write_text(content)
        return path
