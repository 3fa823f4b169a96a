"""The base of every client: log in, push, and pull as one person on a machine of their own."""

from __future__ import annotations

import base64
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.kit.clients.private_mounts import in_private_mounts, write_hosts
from tests.kit.http.accounts import DockerUser
from tests.kit.images import Image, Index, write_oci_layout
from tests.kit.install import Toolbox
from tests.kit.process import Finished, run


class Program:
    """A client program that writes only to its home folder.

    Args:
        tools: where the program is installed.
        home: an empty folder.
        hosts: host names, with their addresses, that only this program resolves.
    """

    name: str

    def __init__(self, tools: Toolbox, home: Path, hosts: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.environment = tools.environment(home)
        for folder in ("run", "var-lib", "images"):
            (home / folder).mkdir()
        hosts_file = write_hosts(home / "hosts", hosts or {})
        binds = {
            home / "run": Path("/run"),
            home / "var-lib": Path("/var/lib"),
            hosts_file: Path("/etc/hosts"),
        }
        self._prefix = in_private_mounts(binds)

    def _run(self, *words: str | Path, stdin: str = "") -> Finished:
        return run([*self._prefix, self.name, *words], environment=self.environment, stdin=stdin)


class Client(Program, ABC):
    """A client that stores its logins and pushes and pulls images."""

    @property
    @abstractmethod
    def _login_file(self) -> Path: ...

    @abstractmethod
    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""

    @abstractmethod
    def push(self, content: Image | Index, reference: str) -> Finished:
        """Push an image of `tests.kit.images` to ``reference`` (host:port/namespace/name:tag)."""

    @abstractmethod
    def pull(self, reference: str) -> Finished:
        """Delete the local image and pull it for this machine's platform."""

    @abstractmethod
    def pull_again(self, reference: str) -> Finished:
        """Pull the image without deleting the local copy first."""

    @abstractmethod
    def pulled_config(self, reference: str) -> str:
        """Return the config digest (the image ID) of the last pull of ``reference``."""

    def logged_in(self, registry: str, user: DockerUser) -> Self:
        """Log in as ``user`` and return this client.

        Raises:
            CommandFailed: the registry refused the login.
        """
        self.login(registry, user.username, user.password).checked()
        return self

    def login_entry(self, registry: str) -> dict[str, Any]:
        """Return the entry of the login file for ``registry``."""
        entry: dict[str, Any] = json.loads(self._login_file.read_text())["auths"][registry]
        return entry

    def stored_login(self, registry: str) -> tuple[str, str]:
        """Return the user name and password in the login file.

        A Kubernetes pull secret made from the file sends the same two values.
        """
        credentials = base64.b64decode(self.login_entry(registry)["auth"]).decode()
        username, _, password = credentials.partition(":")
        return username, password


NewClient = Callable[..., Client]
"""Makes a new client of one kind, with an empty home. Takes ``ca=`` for https."""


class ContainersClient(Client):
    """A client built on the containers/image library: podman, buildah, or skopeo.

    Args:
        tools: where the program is installed.
        home: an empty folder.
        hosts: host names, with their addresses, that only this program resolves.
        ca: the certificate of an authority. If given, the client speaks https and verifies the
            server with it. If not, the client accepts plain http.
    """

    def __init__(
        self,
        tools: Toolbox,
        home: Path,
        *,
        hosts: Mapping[str, str] | None = None,
        ca: Path | None = None,
    ) -> None:
        super().__init__(tools, home, hosts)
        self._tls_verify = f"tls-verify={'true' if ca else 'false'}"
        if ca is not None:
            self.environment["SSL_CERT_FILE"] = str(ca)
        self._write_configuration()

    @property
    def _login_file(self) -> Path:
        return self.home / "auth.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        return self._execute(
            "login",
            f"--{self._tls_verify}",
            "--username",
            username,
            "--password-stdin",
            registry,
            stdin=password,
        )

    def _execute(self, *words: str | Path, stdin: str = "") -> Finished:
        """Run the program with the options that select its own storage."""
        return self._run(*words, stdin=stdin)

    def _layout(self, content: Image | Index) -> str:
        """Write the image as an OCI layout and return its name for these programs."""
        folder = self.home / "images" / secrets.token_hex(6)
        return f"oci:{write_oci_layout(content, folder)}:latest"

    def _write_configuration(self) -> None:
        """Accept unsigned images, ignore the machine's registries, and set the login file."""
        folder = self.home / ".config" / "containers"
        folder.mkdir(parents=True)
        (folder / "policy.json").write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
        (folder / "registries.conf").write_text("")
        self.environment["CONTAINERS_REGISTRIES_CONF"] = str(folder / "registries.conf")
        self._login_file.write_text('{"auths":{}}')  # podman fails if the file is missing
        self.environment["REGISTRY_AUTH_FILE"] = str(self._login_file)
