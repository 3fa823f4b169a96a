"""docker, podman, buildah, skopeo and ctr as a person would call them, each with a home of its own."""

from __future__ import annotations

import base64
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.kit.engine import Engine
from tests.kit.images import Blob, Image, Index, write_docker_archive, write_oci_layout
from tests.kit.install import Toolbox
from tests.kit.private import in_private_mounts, write_hosts
from tests.kit.process import Finished, run


class Program:
    """A client program on a machine of its own: its home is the only place that it writes to.

    Args:
        home: an empty folder.
        hosts: names that it can resolve besides the machine's.
    """

    name: str

    def __init__(self, tools: Toolbox, home: Path, hosts: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.environment = tools.environment(home)
        for folder in ("run", "var-lib", "images"):
            (home / folder).mkdir()
        own_hosts = write_hosts(home / "hosts", hosts or {})
        places = {
            home / "run": Path("/run"),
            home / "var-lib": Path("/var/lib"),
            own_hosts: Path("/etc/hosts"),
        }
        self._prefix = in_private_mounts(places)

    def _run(self, *words: str | Path, stdin: str = "") -> Finished:
        return run([*self._prefix, self.name, *words], environment=self.environment, stdin=stdin)


class Client(Program, ABC):
    """One user's client, which remembers logins, pushes and pulls.

    Args:
        ca: a certificate file it trusts; given, it speaks https and verifies, else it takes plain http too.
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
        self._verify = f"--tls-verify={'true' if ca else 'false'}"
        if ca is not None:
            self.environment["SSL_CERT_FILE"] = str(ca)

    @property
    @abstractmethod
    def _login_file(self) -> Path: ...

    @abstractmethod
    def login(self, registry: str, username: str, password: str) -> Finished:
        """Signs in to `registry` (host:port)."""

    @abstractmethod
    def push(self, content: Image | Index, reference: str) -> Finished:
        """Pushes an image made by tests.kit.images under `reference` (host:port/namespace/name:tag)."""

    @abstractmethod
    def pull(self, reference: str) -> Finished:
        """Fetches the image for this machine, having forgotten what it held under that reference."""

    @abstractmethod
    def pull_again(self, reference: str) -> Finished:
        """Fetches the image while this machine holds what it last brought."""

    @abstractmethod
    def pulled_config(self, reference: str) -> str:
        """The config digest of what the last pull of `reference` brought: the image id."""

    def login_entry(self, registry: str) -> dict[str, Any]:
        """What the login file holds for a registry."""
        entry: dict[str, Any] = json.loads(self._login_file.read_text())["auths"][registry]
        return entry

    def stored_login(self, registry: str) -> tuple[str, str]:
        """The user name and password of the login file, as a Kubernetes pull secret made from it would use them."""
        username, _, password = (
            base64.b64decode(self.login_entry(registry)["auth"]).decode().partition(":")
        )
        return username, password

    def _layout(self, content: Image | Index) -> str:
        """Writes the image as an OCI layout and returns the name that podman and skopeo know it by."""
        folder = self.home / "images" / secrets.token_hex(6)
        return f"oci:{write_oci_layout(content, folder)}:latest"

    def _accept_any_signature(self) -> None:
        folder = self.home / ".config" / "containers"
        folder.mkdir(parents=True)
        (folder / "policy.json").write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
        (folder / "registries.conf").write_text("")
        self.environment["CONTAINERS_REGISTRIES_CONF"] = str(folder / "registries.conf")
        self._login_file.write_text('{"auths":{}}')  # podman insists that it exists
        self.environment["REGISTRY_AUTH_FILE"] = str(self._login_file)


NewClient = Callable[..., Client]
"""Makes a fresh client of one kind, as on another person's machine; takes `ca=` for https."""


class Docker(Client):
    """The docker command line against the session's engine; its login file is its own, the engine's images are not."""

    name = "docker"

    def __init__(
        self, tools: Toolbox, home: Path, engine: Engine, *, hosts: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(tools, home, hosts=hosts)
        self.environment["DOCKER_HOST"] = f"unix://{engine.docker_socket}"
        self.environment["DOCKER_CONFIG"] = str(home / "docker-config")

    @property
    def _login_file(self) -> Path:
        return self.home / "docker-config" / "config.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        return self._run(
            "login", "--username", username, "--password-stdin", registry, stdin=password
        )

    def push(self, content: Image | Index, reference: str) -> Finished:
        if isinstance(content, Image):
            return self._push_image(content, reference)
        parts = [(f"{reference}-{image.architecture}", image) for image in content.images]
        for name, image in parts:
            pushed = self._push_image(image, name)
            if not pushed.ok:
                return pushed
        self._run(
            "manifest", "create", "--insecure", reference, *(name for name, _ in parts)
        ).checked()
        return self._run("manifest", "push", "--insecure", "--purge", reference)

    def pull(self, reference: str) -> Finished:
        self._run("image", "rm", "--force", reference)
        return self.pull_again(reference)

    def pull_again(self, reference: str) -> Finished:
        return self._run("pull", reference)

    def pulled_config(self, reference: str) -> str:
        return (
            self._run("image", "inspect", "--format", "{{.Id}}", reference).checked().stdout.strip()
        )

    def _push_image(self, image: Image, reference: str) -> Finished:
        archive = write_docker_archive(
            image, self.home / "images" / f"{secrets.token_hex(6)}.tar", reference
        )
        self._run("load", "--input", archive).checked()
        return self._run("push", reference)


class Podman(Client):
    """podman with storage of its own; it runs nothing here, so that it needs no network and no cgroup."""

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
        self._accept_any_signature()
        self.environment["CONTAINERS_CONF"] = str(self._write_config(tools))
        # /run is a folder of this home; podman refuses a run root whose path is long.
        places = ("--root", home / "storage", "--runroot", "/run/podman", "--tmpdir", "/run/libpod")
        self._storage: tuple[str | Path, ...] = (*places, "--storage-driver", "vfs")

    @property
    def _login_file(self) -> Path:
        return self.home / "auth.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        return self._podman(
            "login",
            self._verify,
            "--username",
            username,
            "--password-stdin",
            registry,
            stdin=password,
        )

    def push(self, content: Image | Index, reference: str) -> Finished:
        layout = self._layout(content)
        if isinstance(content, Image):
            local = self._podman("pull", "--quiet", layout).checked().stdout.strip()
            return self._podman("push", self._verify, local, f"docker://{reference}")
        name = f"localhost/{secrets.token_hex(6)}"
        self._podman("manifest", "create", name).checked()
        self._podman("manifest", "add", "--all", name, layout).checked()
        return self._podman(
            "manifest", "push", "--all", self._verify, name, f"docker://{reference}"
        )

    def pull(self, reference: str) -> Finished:
        self._podman("image", "rm", "--force", reference)
        return self.pull_again(reference)

    def pull_again(self, reference: str) -> Finished:
        return self._podman("pull", "--quiet", self._verify, reference)

    def pulled_config(self, reference: str) -> str:
        identity = (
            self._podman("image", "inspect", "--format", "{{.Id}}", reference)
            .checked()
            .stdout.strip()
        )
        return f"sha256:{identity}"

    def _podman(self, *words: str | Path, stdin: str = "") -> Finished:
        return self._run(*self._storage, *words, stdin=stdin)

    def _write_config(self, tools: Toolbox) -> Path:
        usr = [*tools.root.glob("*/usr"), Path("/usr/local"), Path("/usr")]
        helpers = json.dumps(
            [str(folder / name / "podman") for folder in usr for name in ("lib", "libexec")]
        )
        path = self.home / "containers.conf"
        path.write_text(
            "[engine]\n"
            'cgroup_manager = "cgroupfs"\nevents_logger = "none"\nlock_type = "file"\nruntime = "runc"\n'
            f"helper_binaries_dir = {helpers}\n"
            f'conmon_path = ["{tools.find("conmon")}"]\n'
            f'[engine.runtimes]\nrunc = ["{tools.find("runc")}"]\n'
            f'[network]\nnetwork_config_dir = "{self.home / "networks"}"\n'
        )
        return path


class Buildah(Client):
    """buildah with storage of its own."""

    name = "buildah"

    def __init__(
        self,
        tools: Toolbox,
        home: Path,
        *,
        hosts: Mapping[str, str] | None = None,
        ca: Path | None = None,
    ) -> None:
        super().__init__(tools, home, hosts=hosts, ca=ca)
        self._accept_any_signature()
        self._storage: tuple[str | Path, ...] = (
            "--root",
            home / "storage",
            "--runroot",
            "/run/buildah",
            "--storage-driver",
            "vfs",
        )

    @property
    def _login_file(self) -> Path:
        return self.home / "auth.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        return self._buildah(
            "login",
            self._verify,
            "--username",
            username,
            "--password-stdin",
            registry,
            stdin=password,
        )

    def push(self, content: Image | Index, reference: str) -> Finished:
        local = self._buildah("pull", "--quiet", self._layout(content)).checked().stdout.strip()
        return self._buildah("push", self._verify, local, f"docker://{reference}")

    def pull(self, reference: str) -> Finished:
        self._buildah("rmi", "--force", reference)
        return self.pull_again(reference)

    def pull_again(self, reference: str) -> Finished:
        return self._buildah("pull", "--quiet", "--policy", "always", self._verify, reference)

    def pulled_config(self, reference: str) -> str:
        identity = (
            self._buildah("inspect", "--type", "image", "--format", "{{.FromImageID}}", reference)
            .checked()
            .stdout.strip()
        )
        return f"sha256:{identity}"

    def _buildah(self, *words: str | Path, stdin: str = "") -> Finished:
        return self._run(*self._storage, *words, stdin=stdin)


class Skopeo(Client):
    """skopeo, which has no storage: what it pulls are OCI layouts in its home."""

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
        self._accept_any_signature()
        self._pulled: dict[str, Path] = {}

    @property
    def _login_file(self) -> Path:
        return self.home / "auth.json"

    def login(self, registry: str, username: str, password: str) -> Finished:
        return self._run(
            "login",
            self._verify,
            "--username",
            username,
            "--password-stdin",
            registry,
            stdin=password,
        )

    def push(self, content: Image | Index, reference: str) -> Finished:
        return self.push_from(self._layout(content), reference)

    def push_from(self, source: str, reference: str) -> Finished:
        """Copies any source that skopeo can name, such as `dir:FOLDER`, with all its platforms."""
        return self._run(
            "copy", "--all", f"--dest-{self._verify[2:]}", source, f"docker://{reference}"
        )

    def pull(self, reference: str, *, all_platforms: bool = False) -> Finished:
        folder = self.home / "images" / secrets.token_hex(6)
        self._pulled[reference] = folder
        every = ("--all",) if all_platforms else ()
        source = f"docker://{reference}"
        return self._run(
            "copy", *every, f"--src-{self._verify[2:]}", source, f"oci:{folder}:latest"
        )

    def pull_again(self, reference: str) -> Finished:
        return self.pull(reference)  # it holds nothing

    def pulled_manifest(self, reference: str) -> Blob:
        """The manifest or index that the last pull of `reference` brought."""
        folder = self._pulled[reference]
        top = json.loads((folder / "index.json").read_text())["manifests"][0]
        return Blob(
            top["mediaType"], (folder / "blobs" / "sha256" / top["digest"][7:]).read_bytes()
        )

    def pulled_config(self, reference: str) -> str:
        digest: str = json.loads(self.pulled_manifest(reference).content)["config"]["digest"]
        return digest

    def raw_manifest(self, reference: str) -> bytes:
        """The manifest or index behind a tag, byte for byte."""
        shown = self._run("inspect", "--raw", self._verify, f"docker://{reference}")
        return shown.checked().stdout.encode()

    def delete(self, reference: str) -> Finished:
        return self._run("delete", self._verify, f"docker://{reference}")


class Ctr(Program):
    """containerd's own client, which asks for its token with POST first. It keeps no login: each pull carries one."""

    name = "ctr"

    def __init__(self, tools: Toolbox, home: Path, engine: Engine) -> None:
        super().__init__(tools, home)
        self._daemon = (
            "--address",
            engine.containerd_socket,
            "--namespace",
            f"test-{secrets.token_hex(4)}",
        )

    def pull(self, reference: str, *, username: str, password: str) -> Finished:
        how = ("--plain-http", "--snapshotter", "native")
        return self._run(
            *self._daemon, "images", "pull", *how, "--user", f"{username}:{password}", reference
        )

    def pulled_digest(self, reference: str) -> str:
        """The digest of the manifest or index behind a pulled name."""
        listed = self._run(*self._daemon, "images", "list", f"name=={reference}").checked().stdout
        return listed.splitlines()[1].split()[2]
