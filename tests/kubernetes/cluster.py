"""The cluster of `KUBECONFIG`, and installations of the chart in it."""

from __future__ import annotations

import base64
import json
import os
import shlex
import string
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.kit.clients.helm_program import HELM
from tests.kit.http.accounts import Account
from tests.kit.install import PROJECT, toolbox
from tests.kit.process import Finished, run
from tests.kit.waiting import eventually

CHART = PROJECT / "deploy" / "helm" / "moorage"
PARTS = ("gateway", "auth", "catalog", "events", "registry")
IMAGE = "chart-moorage"
READY_SECONDS = 900.0
"""A pod starts in some ten seconds on an idle machine, and in minutes on a busy one."""


def environment() -> dict[str, str]:
    """Return the environment of `kubectl`, `helm`, and `docker`."""
    return dict(os.environ)


def docker(*words: str, stdin: str = "", seconds: float = 900.0) -> Finished:
    """Run `docker` on the machine's engine.

    Raises:
        CommandFailed: it failed.
    """
    builder = {"DOCKER_BUILDKIT": "0"}  # the builder of the engine needs no plugin
    return run(
        ["docker", *words], environment=environment() | builder, stdin=stdin, seconds=seconds
    ).checked()


def load(*images: str) -> None:
    """Hand images of the engine to the nodes, with the command in KUBE_LOAD."""
    command = [*shlex.split(os.environ["KUBE_LOAD"]), *images]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=900)


def kubectl(*words: str, stdin: str = "", seconds: float = 120.0) -> Finished:
    """Run `kubectl`."""
    return run(["kubectl", *words], environment=environment(), stdin=stdin, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the chart, whose gateway is at a NodePort of localhost."""

    namespace: str
    port: int
    values: Path
    name: str = "moorage"

    @property
    def registry(self) -> str:
        """The registry's part of an image name."""
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        """The URL of the gateway, without a path."""
        return f"http://localhost:{self.port}"

    def helm(self, *words: str, seconds: float = READY_SECONDS) -> Finished:
        """Run `helm` in the namespace.

        Raises:
            CommandFailed: it failed.
        """
        command = [str(HELM.path(toolbox().root)), "--namespace", self.namespace, *words]
        return run(command, environment=environment(), seconds=seconds).checked()

    def kubectl(self, *words: str, seconds: float = 120.0) -> str:
        """Run `kubectl` in the namespace, and return its output.

        Raises:
            CommandFailed: it failed.
        """
        return kubectl("--namespace", self.namespace, *words, seconds=seconds).checked().stdout

    def install(self) -> None:
        """Install the chart, and wait until all is ready."""
        self._apply("install")

    def upgrade(self, tag: str) -> None:
        """Upgrade to another image, and wait until no pod of the old one is left."""
        self._apply("upgrade", "--set", f"image.tag={tag}")

    def rollback(self) -> None:
        """Go back to the release before, and wait as `upgrade` does."""
        self.helm("rollback", self.name, *self._waiting())
        self._await_replaced()

    def _apply(self, verb: str, *options: str) -> None:
        self.helm(
            verb, self.name, str(CHART), "--values", str(self.values), *options, *self._waiting()
        )
        self._await_replaced()

    def _waiting(self) -> tuple[str, ...]:
        return ("--wait", "--timeout", f"{int(READY_SECONDS)}s")

    def _await_replaced(self) -> None:
        eventually(
            lambda: [pod for part in PARTS for pod in self.pods(part) if pod.is_stopping],
            lambda stopping: not stopping,
            within=READY_SECONDS,
            every=1.0,
            what="the end of the replaced pods",
        )

    def pods(self, part: str) -> list[Pod]:
        """Return the pods of a part."""
        listed = json.loads(
            self.kubectl(
                *("get", "pods", "--output", "json"),
                *("--selector", f"app.kubernetes.io/component={part}"),
            )
        )
        return [Pod.of(item) for item in listed["items"]]

    def await_ready(self, part: str) -> None:
        """Wait until the part has all its replicas."""
        self.kubectl(
            *("rollout", "status", f"deployment/{self.name}-{part}"),
            f"--timeout={int(READY_SECONDS)}s",
            seconds=READY_SECONDS + 30,
        )

    def secret(self) -> dict[str, bytes]:
        """Return the Secret of the installation."""
        found = json.loads(
            self.kubectl("get", "secret", f"{self.name}-secrets", "--output", "json")
        )
        return {key: base64.b64decode(value) for key, value in found["data"].items()}

    def admin(self) -> Account:
        """Sign in with the first password."""
        return Account(self.url, "admin", self.secret()["admin_password"].decode().strip())


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod."""

    name: str
    is_stopping: bool
    is_ready: bool

    @classmethod
    def of(cls, item: dict[str, Any]) -> Pod:
        """Return the pod of its JSON."""
        conditions = item["status"].get("conditions", [])
        return cls(
            name=item["metadata"]["name"],
            is_stopping="deletionTimestamp" in item["metadata"],
            is_ready=any(c["type"] == "Ready" and c["status"] == "True" for c in conditions),
        )


def apply_workloads(namespace: str, **values: str) -> None:
    """Create the namespace with PostgreSQL and an S3 server, and wait until both answer."""
    template = string.Template((Path(__file__).parent / "workloads.yaml").read_text())
    rendered = template.substitute(NAMESPACE=namespace, **values)
    kubectl("apply", "--filename", "-", stdin=rendered).checked()
    for name in ("postgres", "s3"):
        kubectl(
            *("--namespace", namespace, "rollout", "status", f"deployment/{name}"),
            "--timeout=300s",
            seconds=330,
        ).checked()


def write_values(folder: Path, values: dict[str, Any]) -> Path:
    """Write a file of values for Helm."""
    path = folder / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def build(tag: str, dockerfile: str) -> str:
    """Build an image from a Dockerfile that copies nothing, and return its name."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(dockerfile)
        docker("build", "--quiet", "--tag", tag, folder)
    return tag


def user_of(image: str, user: str) -> tuple[str, str]:
    """Return the uid and gid of a user in an image."""
    words = ("run", "--rm", "--entrypoint", "id", image)
    uid, gid = (docker(*words, option, user).stdout.strip() for option in ("-u", "-g"))
    return uid, gid


def pause(seconds: float) -> None:
    """Let the load run for a moment before something changes."""
    time.sleep(seconds)
