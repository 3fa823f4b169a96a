"""Clients that push and pull while something else happens, and count what fails."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.clients.docker import Docker
from tests.kit.http.accounts import DockerUser
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kubernetes.cluster import Release


@dataclass
class Load:
    """What the clients did so far."""

    rounds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@contextmanager
def running_load(**rounds: Callable[[], None]) -> Iterator[Load]:
    """Call each function again and again, each in a thread of its own, until the context ends."""
    load, end = Load(dict.fromkeys(rounds, 0)), threading.Event()

    def repeat(name: str, once: Callable[[], None]) -> None:
        while not end.is_set():
            try:
                once()
                load.rounds[name] += 1
            except Exception:
                load.failures.append(f"{name}: {traceback.format_exc(limit=-3)}")

    threads = [
        threading.Thread(target=repeat, args=item, name=item[0], daemon=True)
        for item in rounds.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        end.set()
        for thread in threads:
            thread.join(timeout=300)


def docker_round(docker: Docker, release: Release, namespace: str) -> Callable[[], None]:
    """Return a round of docker: push a new image, delete it from the engine, pull it."""

    def once() -> None:
        image = make_image(kind="docker")
        reference = f"{release.registry}/{namespace}/docker:{image.manifest.digest[7:19]}"
        docker.push(image, reference).checked()
        docker.pull(reference).checked()
        assert docker.pulled_config(reference) == image.config.digest
        docker.forget(reference)

    return once


def api_round(release: Release, user: DockerUser, namespace: str) -> Callable[[], None]:
    """Return a round of single requests: a token, a push, and a pull, on new connections."""

    def once() -> None:
        image = make_image()
        with Registry(release.url, user.credentials) as registry:
            registry.push(image, f"{namespace}/api", "latest")
            token = registry.token(f"repository:{namespace}/api:pull")
            registry.manifest(f"{namespace}/api", "latest", token=token).raise_for_status()
            for blob in image.blobs:
                got = registry.blob(f"{namespace}/api", blob.digest, token=token)
                assert got.raise_for_status().content == blob.content

    return once


def home(folder: Path, name: str) -> Path:
    """Return a new folder for a client."""
    made = folder / name
    made.mkdir()
    return made
