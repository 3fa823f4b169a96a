"""crane, of go-containerregistry."""

from __future__ import annotations

from tests.kit.clients.go_client import CRANE, LayoutClient
from tests.kit.images import Image
from tests.kit.process import Finished


class Crane(LayoutClient):
    """crane. It speaks plain http to `localhost`."""

    program = CRANE

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        options = ("--username", username, "--password-stdin")
        return self.run("auth", "login", registry, *options, stdin=password)

    def push(self, content: Image, reference: str) -> Finished:
        """Push an image from a new OCI layout."""
        return self.run("push", self._layout(content), reference)

    def pull(self, reference: str) -> Finished:
        """Pull the image to a new OCI layout."""
        return self.run("pull", "--format", "oci", reference, self._place(reference))

    def copy(self, source: str, target: str) -> Finished:
        """Copy an image within the registry."""
        return self.run("copy", source, target)

    def tag(self, reference: str, tag: str) -> Finished:
        """Give the image ``reference`` the tag ``tag``, too."""
        return self.run("tag", reference, tag)

    def tags(self, repository: str) -> list[str]:
        """List the tags of ``repository`` (host:port/namespace/name)."""
        return self.run("ls", repository).checked().stdout.split()

    def repositories(self, registry: str) -> list[str]:
        """List the repositories of ``registry`` (host:port)."""
        return self.run("catalog", registry).checked().stdout.split()

    def delete(self, reference: str) -> Finished:
        """Delete a tag or a manifest."""
        return self.run("delete", reference)
