"""An installation of deploy/compose.yaml on this machine's Docker engine."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ops.host.ports import reserve
from tests.kit.install import PROJECT, Toolbox
from tests.kit.process import Finished, run

FILE = PROJECT / "deploy" / "compose.yaml"
BASE_IMAGES = ("python:3.13-slim", "postgres:18", "registry:3.1.1", "nginx:1.28")
BUILD_SECONDS = 600.0
UP_SECONDS = 240.0
LOG_LINES = "60"

_INHERITED = (
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "IMAGE_PREFIX",
    "HTTP_PROXY",
)
"""Variables that Docker and the build inherit, besides the settings of pip and npm."""


@dataclass(frozen=True, slots=True)
class Compose:
    """One Compose project, with its own containers, volumes, and networks."""

    project: str
    port: int
    environment: dict[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """The URL of the gateway, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        """The registry's part of an image name."""
        return f"localhost:{self.port}"

    def __call__(self, *words: str, seconds: float = UP_SECONDS, **settings: str) -> Finished:
        """Run `docker compose` for this project, with ``settings`` in its environment."""
        command = ["docker", "compose", "--project-name", self.project, "--file", str(FILE), *words]
        return run(command, environment={**self.environment, **settings}, seconds=seconds)

    def up(self, *words: str, **settings: str) -> None:
        """Start all services and wait until they are healthy.

        Raises:
            AssertionError: a service is not healthy in time. The message has the logs.
        """
        started = self(
            "up",
            "--detach",
            "--wait",
            "--wait-timeout",
            str(int(UP_SECONDS)),
            *words,
            seconds=UP_SECONDS + 30,
            **settings,
        )
        if not started.ok:
            logs = self("logs", "--no-color", "--tail", LOG_LINES).output
            raise AssertionError(f"{started.output[-2000:]}\n{logs}")

    def file(self, path: str) -> str:
        """Return a file of a volume, by its path in the service `init`."""
        return self.shell(f"cat '{path}'")

    def shell(self, script: str) -> str:
        """Run a shell script in the service `init`, which mounts all volumes; return its output."""
        words = ("run", "--rm", "--no-deps", "--entrypoint", "sh", "init", "-c", script)
        return self(*words).checked().stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return the output of `docker inspect` for each container, by service."""
        identities = self("ps", "--all", "--quiet").checked().stdout.split()
        shown: list[dict[str, Any]] = json.loads(
            self.docker("inspect", *identities).checked().stdout
        )
        return {
            container["Config"]["Labels"]["com.docker.compose.service"]: container
            for container in shown
        }

    def docker(self, *words: str) -> Finished:
        """Run `docker`."""
        return run(["docker", *words], environment=self.environment)


def unavailable(tools: Toolbox) -> str | None:
    """Return why Compose cannot run on this machine, or None if it can."""
    if tools.find("docker") is None:
        return "there is no docker"
    environment = _environment(tools)
    if not run(["docker", "info"], environment=environment).ok:
        return "no Docker engine answers"
    if not run(["docker", "compose", "version"], environment=environment).ok:
        return "docker has no compose plugin"
    prefix = environment.get("IMAGE_PREFIX", "")
    missing = [
        image
        for image in BASE_IMAGES
        if not run(["docker", "image", "inspect", prefix + image], environment=environment).ok
    ]
    return f"the engine holds no {', '.join(missing)}" if missing else None


@contextmanager
def running_compose(tools: Toolbox) -> Iterator[Compose]:
    """Build the image and run all services; at the end, remove everything of the project."""
    project = f"moorage-test-{secrets.token_hex(4)}"
    with reserve() as reserved:
        port = reserved.number
    own = {"MOORAGE_PORT": str(port), "MOORAGE_IMAGE": f"{project}:local"}
    compose = Compose(project, port, {**_environment(tools), **own})
    try:
        compose("build", "--quiet", seconds=BUILD_SECONDS).checked()
        compose.up()
        yield compose
    finally:
        compose("down", "--volumes", "--remove-orphans", "--timeout", "20").checked()
        compose.docker("image", "rm", f"{project}:local").checked()


def _environment(tools: Toolbox) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith(("PIP_", "NPM_CONFIG_"))
    }
    kept |= {"PATH": tools.search_path, "LANG": "C.UTF-8"}
    if not run(["docker", "buildx", "version"], environment=kept).ok:
        kept["DOCKER_BUILDKIT"] = "0"  # the builder of the engine needs no plugin
    return kept
