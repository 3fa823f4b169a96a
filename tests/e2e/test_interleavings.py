"""Pushes and deletions of the same image at the same time lose nothing (spec 14).

MOORAGE_TEST_INTERLEAVINGS is the number of interleavings, and MOORAGE_TEST_SEED their seed. The
registry stops for 200 ms now and then.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.security.jwt import SigningKey, load_signing_keys
from tests.e2e.test_faults import drift
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_index
from tests.kit.stack.intents import await_resolved
from tests.kit.stack.processes import part
from tests.kit.stack.run import Stack, running_stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

INTERLEAVINGS = int(os.environ.get("MOORAGE_TEST_INTERLEAVINGS", "120"))
AT_ONCE = 8
DELAYS = (0.0, 0.05, 0.5)
"""The longest delays of a request, in seconds. A deletion takes longer to begin than a push."""
STOP_SECONDS = 0.2
DRIFT_SECONDS = 300.0
ACCEPT = {"Accept": ", ".join(name for types in MEDIA_TYPES.values() for name in types.values())}

Step = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, whose registry is stopped now and then."""
    place = folder / "interleavings"
    place.mkdir()
    with running_stack(place) as running:
        yield running


@dataclass
class Race:
    """One repository, in which requests run at the same time."""

    registry: Registry
    tenant: Tenant
    repository: str
    key: SigningKey
    chance: random.Random
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def token(self) -> str:
        """A new token for the repository."""
        user = self.tenant.granted.username
        return sign_registry_token(self.key, user, f"repository:{self.repository}:pull,push")

    def run(self, **steps: Step) -> dict[str, int]:
        """Run the steps at the same time, each after a random delay; return their statuses."""
        delays = {name: self.chance.choice(DELAYS) * self.chance.random() for name in steps}

        def delayed(name: str) -> int:
            time.sleep(delays[name])
            return steps[name]().status_code

        with ThreadPoolExecutor(len(steps)) as pool:
            running = {name: pool.submit(delayed, name) for name in steps}
            done = {name: future.result() for name, future in running.items()}
        self.statuses.update(done.items())
        return done

    def put(self, manifest: Blob, reference: str) -> httpx.Response:
        """Put a manifest whose blobs are uploaded."""
        return self.registry.http.put(
            f"/v2/{self.repository}/manifests/{reference}",
            content=manifest.content,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": manifest.media_type},
        )

    def push(self, reference: str) -> Blob:
        """Push a new image with success, and return its manifest."""
        manifest = self.uploaded()
        answer = self.put(manifest, reference)
        assert answer.status_code == 201, answer.text
        return manifest

    def uploaded(self) -> Blob:
        """Upload the blobs of a new image, and return its manifest."""
        image = make_image()
        self.registry.upload(image, self.repository, token=self.token)
        return image.manifest

    def delete(self, path: str) -> httpx.Response:
        """Delete an object with the JSON API."""
        return self.tenant.account.http.delete(path)

    def delete_image(self, suffix: str) -> httpx.Response:
        """Delete ``:tag`` or ``@digest`` of the repository."""
        return self.delete(f"/images/{self.repository}{suffix}")


def index_push_and_deletion_of_its_child(race: Race) -> None:
    """Either the index is refused, or its child stays."""
    index = make_index(architectures=("amd64",))
    child = index.images[0]
    race.registry.upload(child, race.repository, token=race.token)
    assert race.put(child.manifest, child.manifest.digest).status_code == 201
    done = race.run(
        put_index=lambda: race.put(index.manifest, "multi"),
        delete_child=lambda: race.delete_image(f"@{child.manifest.digest}"),
    )
    assert (done["put_index"], done["delete_child"]) in ((201, 409), (400, 204), (404, 204)), done


def tag_push_and_tag_deletion(race: Race) -> None:
    """The later one wins."""
    race.push("v1")
    manifest = race.uploaded()
    done = race.run(
        put_tag=lambda: race.put(manifest, "v1"), delete_tag=lambda: race.delete_image(":v1")
    )
    assert done == {"put_tag": 201, "delete_tag": 204}


def repository_deletion_and_push(race: Race) -> None:
    """The push is either refused or deleted with the repository."""
    race.push("v1")
    manifest = race.uploaded()
    done = race.run(
        put_tag=lambda: race.put(manifest, "v2"),
        delete_repository=lambda: race.delete(f"/repositories/{race.repository}"),
    )
    assert done["delete_repository"] == 202
    assert done["put_tag"] in (201, 403), done


def pushes_of_one_tag(race: Race) -> None:
    """All succeed, and the tag is one of them."""
    manifests = [race.uploaded() for _ in range(4)]
    done = race.run(
        **{
            f"put_{number}": lambda manifest=manifest: race.put(manifest, "v1")
            for number, manifest in enumerate(manifests)
        }
    )
    assert set(done.values()) == {201}, done


def first_push_and_deletion_by_digest(race: Race) -> None:
    """An image can be deleted as soon as its push has succeeded."""
    manifest = race.push("v1")
    assert race.delete_image(f"@{manifest.digest}").status_code == 204


def image_deletion_and_pushes_of_its_tags(race: Race) -> None:
    """A tag that moves to another image while its old image is deleted stays."""
    old = race.push("v1")
    assert race.put(old, "v2").status_code == 201
    new = race.uploaded()
    done = race.run(
        move_tag=lambda: race.put(new, "v1"),
        put_again=lambda: race.put(old, "v3"),
        delete_image=lambda: race.delete_image(f"@{old.digest}"),
    )
    assert done == {"move_tag": 201, "put_again": 201, "delete_image": 204}


SCENARIOS = (
    index_push_and_deletion_of_its_child,
    tag_push_and_tag_deletion,
    repository_deletion_and_push,
    pushes_of_one_tag,
    first_push_and_deletion_by_digest,
    image_deletion_and_pushes_of_its_tags,
)


@contextlib.contextmanager
def _slow_registry(stack: Stack, chance: random.Random) -> Iterator[None]:
    """Stop the registry for 200 ms now and then."""
    pid, end = part(stack.data, "registry"), threading.Event()

    def stop_often() -> None:
        while not end.wait(chance.uniform(0.2, 1.5)):
            os.kill(pid, signal.SIGSTOP)
            end.wait(STOP_SECONDS)
            os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=stop_often)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_random_interleavings_of_pushes_and_deletions_lose_nothing(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    seed = int(os.environ.get("MOORAGE_TEST_SEED", str(random.SystemRandom().randrange(10**9))))
    print(f"{INTERLEAVINGS} interleavings, seed {seed}")
    chance = random.Random(seed)
    (key,) = load_signing_keys(stack.data / "secrets" / "auth" / "token-keys")
    prefix = f"{shared_tenant.private}/{unique('race')}"

    def race(number: int) -> Race:
        own = random.Random(chance.random())
        return Race(shared_registry, shared_tenant, f"{prefix}-{number}", key, own)

    races = [race(number) for number in range(INTERLEAVINGS)]
    started = time.monotonic()
    with _slow_registry(stack, random.Random(seed)), ThreadPoolExecutor(AT_ONCE) as pool:
        running = [
            pool.submit(SCENARIOS[number % len(SCENARIOS)], one) for number, one in enumerate(races)
        ]
        failures = [
            (SCENARIOS[number % len(SCENARIOS)].__name__, repr(error))
            for number, future in enumerate(running)
            if (error := future.exception()) is not None
        ]
    seconds = time.monotonic() - started
    print(f"{seconds:.1f} s; {dict(sum((one.statuses for one in races), Counter()))}")
    assert not failures, failures
    await_resolved(stack, within=20)
    deleting = {
        one.repository
        for number, one in enumerate(races)
        if SCENARIOS[number % len(SCENARIOS)] is repository_deletion_and_push
    }
    eventually(
        lambda: {
            name for name in deleting if shared_tenant.account.tags(name) or _exists(races[0], name)
        },
        lambda left: not left,
        within=30,
        every=0.5,
        what="the end of the deletions",
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        broken = [fault for faults in pool.map(_faults, races) for fault in faults]
    assert not broken, broken
    started = time.monotonic()
    report = drift(stack, seconds=DRIFT_SECONDS)
    print(f"drift: {time.monotonic() - started:.1f} s")
    assert (report.returncode, report.stderr) == (0, ""), report.stdout


def _exists(race: Race, repository: str) -> bool:
    return race.tenant.account.http.get(f"/repositories/{repository}").status_code == 200


def _faults(race: Race) -> list[str]:
    """Return how the catalog and the registry differ, and what is missing in the registry."""
    listed = _get(race, "tags/list")
    in_registry = set(listed.json()["tags"] or ()) if listed.status_code == 200 else set()
    in_catalog = race.tenant.account.tags(race.repository)
    faults = []
    if in_registry != set(in_catalog):
        faults.append(f"{race.repository}: {in_registry} in the registry, {set(in_catalog)} listed")
    for tag in in_registry:
        answer = _get(race, f"manifests/{tag}")
        if answer.status_code != 200:
            faults.append(f"{race.repository}:{tag}: {answer.status_code} in the registry")
            continue
        digest = answer.headers["Docker-Content-Digest"]
        if tag in in_catalog and in_catalog[tag]["digest"] != digest:
            faults.append(f"{race.repository}:{tag}: another digest in the catalog")
        shown = race.tenant.account.http.get(f"/images/{race.repository}@{digest}")
        if shown.status_code != 200:
            faults.append(f"{race.repository}@{digest}: {shown.status_code} in the catalog")
        content: dict[str, Any] = json.loads(answer.content)
        faults += [
            f"{race.repository}:{tag}: a child is missing"
            for child in content.get("manifests", ())
            if _get(race, f"manifests/{child['digest']}").status_code != 200
        ]
    return faults


def _get(race: Race, path: str) -> httpx.Response:
    return race.registry.http.get(
        f"/v2/{race.repository}/{path}",
        headers={"Authorization": f"Bearer {race.token}", **ACCEPT},
    )
