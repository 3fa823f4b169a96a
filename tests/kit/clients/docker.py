"""docker and ctr: clients that use the Docker engine and containerd of the test session."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.kit.clients.base import Client, Program
from tests.kit.clients.engine import Engine
from tests.kit.images import Image, Index, write_docker_archive
from tests.kit.install import Toolbox
from tests.kit.process import Finished


class Docker(Client):
    """The docker command line. Clients have separate login files, but share the engine's images."""

    name = "docker"

    def __init__(
        self, tools: Toolbox, home: Path, engine: Engine, *, hosts: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(tools, home, hosts)
        self.environment["DOCKER_HOST"] = f"unix://{engine.docker_socket}"
        self.environment["DOCKER_CONFIG"] = str(home / "docker-config")

    @property
    def _login_file(self) -> Path:
        return self.home / "docker-config" / "config.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        return self._run(
            "login", "--username", username, "--password-stdin", registry, stdin=password
        )

    def push(self, content: Image | Index, reference: str) -> Finished:
        """Load the image into the engine and push it.

        docker cannot load an index. For an index, push each image under a tag of its own and
        then a manifest list of them.
        """
        if isinstance(content, Image):
            return self._push_image(content, reference)
        parts = [(f"{reference}-{image.architecture}", image) for image in content.images]
        for name, image in parts:
            pushed = self._push_image(image, name)
            if not pushed.ok:
                return pushed
        names = [name for name, _ in parts]
        self._run("manifest", "create", "--insecure", reference, *names).checked()
        return self._run("manifest", "push", "--insecure", "--purge", reference)

    def pull(self, reference: str) -> Finished:
        """Delete the image from the engine and pull it."""
        self._run("image", "rm", "--force", reference)
        return self.pull_again(reference)

    def pull_again(self, reference: str) -> Finished:
        """Pull the image without deleting the engine's copy first."""
        return self._run("pull", reference)

    def forget(self, reference: str) -> None:
        """Delete the image from the engine."""
        self._run("image", "rm", "--force", reference)

    def copy(self, source: str, target: str) -> Finished:
        """Pull an image, and push it under another name."""
        self.pull_again(source).checked()
        self._run("tag", source, target).checked()
        return self._run("push", target)

    def inspect(self, reference: str) -> Finished:
        """Print the manifest of an image that the engine may not have."""
        return self._run("manifest", "inspect", "--insecure", reference)

    def pulled_config(self, reference: str) -> str:
        """Return the image ID, which is the config digest."""
        shown = self._run("image", "inspect", "--format", "{{.Id}}", reference)
        return shown.checked().stdout.strip()

    def _push_image(self, image: Image, reference: str) -> Finished:
        path = self.home / "images" / f"{secrets.token_hex(6)}.tar"
        self._run("load", "--input", write_docker_archive(image, path, reference)).checked()
        return self._run("push", reference)


class Ctr(Program):
    """containerd's own client.

    It requests its token with POST first. It stores no login: each pull carries the credentials.
    """

    name = "ctr"

    def __init__(self, tools: Toolbox, home: Path, engine: Engine) -> None:
        super().__init__(tools, home)
        namespace = f"test-{secrets.token_hex(4)}"
        self._daemon = ("--address", engine.containerd_socket, "--namespace", namespace)

    def pull(self, reference: str, *, username: str, password: str) -> Finished:
        """Pull an image over plain http."""
        options = ("--plain-http", "--snapshotter", "native", "--user", f"{username}:{password}")
        return self._run(*self._daemon, "images", "pull", *options, reference)

    def push(self, content: Image, reference: str, *, username: str, password: str) -> Finished:
        """Import an image and push it over plain http."""
        archive = write_docker_archive(content, self.home / "images" / "image.tar", reference)
        options = ("--snapshotter", "native", "--no-unpack")
        self._run(*self._daemon, "images", "import", *options, archive).checked()
        return self._push(reference, username, password)

    def copy(self, source: str, target: str, *, username: str, password: str) -> Finished:
        """Pull an image, and push it under another name."""
        self.pull(source, username=username, password=password).checked()
        self._run(*self._daemon, "images", "tag", source, target).checked()
        return self._push(target, username, password)

    def _push(self, reference: str, username: str, password: str) -> Finished:
        options = ("--plain-http", "--user", f"{username}:{password}")
        return self._run(*self._daemon, "images", "push", *options, reference)

    def pulled_digest(self, reference: str) -> str:
        """Return the digest of the manifest or index that ``reference`` names."""
        listed = self._run(*self._daemon, "images", "list", f"name=={reference}").checked().stdout
        return listed.splitlines()[1].split()[2]
