"""regctl, of regclient."""

from __future__ import annotations

from tests.kit.clients.go_client import REGCTL, LayoutClient
from tests.kit.images import Image, Index
from tests.kit.process import Finished


class Regctl(LayoutClient):
    """regctl. Its login turns TLS off for the registry."""

    program = REGCTL

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        self.run("registry", "set", "--skip-check", "--tls", "disabled", registry).checked()
        options = ("--user", username, "--pass-stdin")
        return self.run("registry", "login", registry, *options, stdin=password)

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Push an image from a new OCI layout."""
        return self.run("image", "copy", f"ocidir://{self._layout(content)}:latest", reference)

    def pull(self, reference: str) -> Finished:
        """Pull the image to a new OCI layout."""
        return self.run("image", "copy", reference, f"ocidir://{self._place(reference)}:latest")

    def copy(self, source: str, target: str, *options: str) -> Finished:
        """Copy an image within the registry. ``options`` can be `--referrers`."""
        return self.run("image", "copy", *options, source, target)

    def tag(self, reference: str, tag: str) -> Finished:
        """Give the image ``reference`` the tag ``tag``, too."""
        return self.copy(reference, f"{reference.rpartition(':')[0]}:{tag}")

    def tags(self, repository: str) -> list[str]:
        """List the tags of ``repository`` (host:port/namespace/name)."""
        return self.run("tag", "ls", repository).checked().stdout.split()

    def repositories(self, registry: str, *options: str) -> list[str]:
        """List the repositories of ``registry``. ``options`` can be `--limit` and `--last`."""
        return self.run("repo", "ls", *options, registry).checked().stdout.split()

    def delete_tag(self, reference: str) -> Finished:
        """Delete a tag, but not its image."""
        return self.run("tag", "rm", reference)

    def delete(self, reference: str) -> Finished:
        """Delete the manifest that a digest, or a tag, names."""
        return self.run("manifest", "delete", "--force-tag-dereference", reference)

    def delete_blob(self, repository: str, digest: str) -> Finished:
        """Delete a blob of ``repository`` (host:port/namespace/name)."""
        return self.run("blob", "delete", repository, digest)

    def attach(self, reference: str, artifact_type: str, content: str) -> Finished:
        """Push an artifact whose subject is the image ``reference``."""
        options = ("--artifact-type", artifact_type, "--subject", reference)
        return self.run("artifact", "put", *options, stdin=content)

    def referrers(self, reference: str, *options: str) -> list[str]:
        """List the digests of the artifacts whose subject is ``reference``."""
        shape = "{{range .Descriptors}}{{println .Digest}}{{end}}"
        listed = self.run("artifact", "list", *options, "--format", shape, reference)
        return listed.checked().stdout.split()

    def tree(self, reference: str) -> str:
        """Print the image and everything that is attached to it."""
        return self.run("artifact", "tree", "--digest-tags", reference).checked().stdout
