"""A client that needs a blob saves it from garbage collection, or uploads it again (spec 7)."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import statistics
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.kit.clients.base import NewClient
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Blob, Image, make_image
from tests.kit.stack.garbage import Garbage
from tests.kit.stack.replicas import running_auth_replica
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

T = TypeVar("T")
HEADS = 400


class Marks:
    """The marks of a stack, for tests that are not asynchronous."""

    def __init__(self, stack: Stack) -> None:
        url = stack.data / "secrets" / "catalog" / "catalog_database_url"
        self._garbage = Garbage(url.read_text().strip())
        self._blobs = stack.data / "registry/docker/registry/v2/blobs/sha256"

    def mark(self, *digests: str, state: str = "doomed") -> None:
        """Mark blobs, and wait until every gate knows it."""
        generation = _run(self._garbage.mark(*digests, state=state))
        eventually(
            lambda: [known for known, left in _run(self._garbage.gates()) if left > -1],
            lambda known: bool(known) and min(known) >= generation,
            within=10,
            what="the confirmation of every gate",
        )

    def states(self, *digests: str) -> list[str | None]:
        """Return the state of each digest, or None if it is live."""
        return _run(self._garbage.states(*digests))

    def touched(self, *digests: str) -> set[str]:
        """Return those of ``digests`` that clients have needed."""
        return _run(self._garbage.touched(*digests))

    def remove(self, *digests: str) -> None:
        """Remove marks."""
        _run(self._garbage.remove(*digests))

    def sweep(self, *blobs: Blob) -> None:
        """Delete blobs that are marked as being deleted, and then their marks."""
        for blob in blobs:
            shutil.rmtree(self._blobs / blob.hex[:2] / blob.hex)
        self.remove(*(blob.digest for blob in blobs))


def _run(work: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def marks(stack: Stack) -> Marks:
    return Marks(stack)


@pytest.fixture
def image() -> Image:
    return make_image()


@pytest.fixture
def pushed(shared_tenant: Tenant, shared_registry: Registry, image: Image) -> str:
    """A repository that has the blobs of ``image``, and no manifest."""
    name = f"{shared_tenant.private}/{unique('app')}"
    shared_registry.upload(image, name, token=_token(shared_registry, name))
    return name


def _token(registry: Registry, *repositories: str) -> str:
    return registry.token(*(f"repository:{name}:pull,push" for name in repositories))


def _head(registry: Registry, repository: str, digest: str, token: str) -> httpx.Response:
    return registry.http.head(
        f"/v2/{repository}/blobs/{digest}", headers={"Authorization": f"Bearer {token}"}
    )


def _complete(registry: Registry, repository: str, blob: Blob, token: str) -> httpx.Response:
    opened = registry.start_upload(repository, token=token).raise_for_status()
    return registry.http.put(
        httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest}),
        content=blob.content,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"},
    )


def test_check_mount_and_completion_revive_a_doomed_blob(
    shared_registry: Registry, shared_tenant: Tenant, marks: Marks, pushed: str, image: Image
) -> None:
    target = f"{shared_tenant.private}/{unique('target')}"
    token, blob = _token(shared_registry, pushed, target), image.layers[0]
    requests: dict[int, Callable[[], httpx.Response]] = {
        200: lambda: _head(shared_registry, pushed, blob.digest, token),
        201: lambda: shared_registry.start_upload(
            target, token=token, mount=blob.digest, **{"from": pushed}
        ),
    }
    for status, send in requests.items():
        marks.mark(blob.digest)
        assert send().status_code == status
        assert marks.states(blob.digest) == [None]
    marks.mark(blob.digest)
    assert _complete(shared_registry, pushed, blob, token).status_code == 201
    assert marks.states(blob.digest) == [None]
    eventually(lambda: marks.touched(blob.digest), within=5, what="the touch")


def test_check_and_mount_of_a_blob_that_is_being_deleted_miss_it(
    shared_registry: Registry, shared_tenant: Tenant, marks: Marks, pushed: str, image: Image
) -> None:
    target = f"{shared_tenant.private}/{unique('target')}"
    token, blob = _token(shared_registry, pushed, target), image.layers[0]
    unknown = _head(shared_registry, pushed, f"sha256:{'1' * 64}", token)
    marks.mark(blob.digest, state="deleting")
    missed = _head(shared_registry, pushed, blob.digest, token)
    assert missed.status_code == unknown.status_code == 404
    varying = {"date", "x-request-id"}
    assert {k: v for k, v in missed.headers.items() if k not in varying} == {
        k: v for k, v in unknown.headers.items() if k not in varying
    }
    opened = shared_registry.start_upload(
        target, token=token, mount=blob.digest, **{"from": pushed}
    )
    assert opened.status_code == 202
    assert marks.states(blob.digest) == ["deleting"]
    marks.sweep(blob)


def test_completion_waits_for_the_deletion_of_the_old_copy(
    shared_registry: Registry, marks: Marks, pushed: str, image: Image
) -> None:
    token, blob = _token(shared_registry, pushed), image.layers[0]
    marks.mark(blob.digest, state="deleting")
    timer = threading.Timer(3, marks.sweep, (blob,))
    timer.start()
    started = time.monotonic()
    assert _complete(shared_registry, pushed, blob, token).status_code == 201
    assert time.monotonic() - started > 2.5
    timer.join()
    assert shared_registry.blob(pushed, blob.digest, token=token).content == blob.content


def test_completion_gets_503_if_the_old_copy_is_not_deleted_in_20_seconds(
    shared_registry: Registry, marks: Marks, pushed: str, image: Image
) -> None:
    token, blob = _token(shared_registry, pushed), image.layers[0]
    marks.mark(blob.digest, state="deleting")
    started = time.monotonic()
    answer = _complete(shared_registry, pushed, blob, token)
    assert 19 < time.monotonic() - started < 23
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    (error,) = answer.json()["errors"]
    assert error["code"] == "UNAVAILABLE"
    assert "garbage collection is deleting an old copy of this blob" in error["message"]
    marks.sweep(blob)


@pytest.mark.parametrize("state", ["doomed", "deleting"])
def test_client_without_access_gets_the_registrys_answer_and_revives_nothing(
    shared_registry: Registry, marks: Marks, pushed: str, image: Image, state: str
) -> None:
    token, blob = _token(shared_registry, pushed), image.layers[0]
    pull_only = shared_registry.token(f"repository:{pushed}:pull")
    requests: list[tuple[str, str, dict[str, str]]] = [
        ("HEAD", f"/v2/{pushed}/blobs/{blob.digest}", {}),
        ("POST", f"/v2/{pushed}/blobs/uploads/", {"mount": blob.digest, "from": pushed}),
        ("PUT", f"/v2/{pushed}/blobs/uploads/1", {"digest": blob.digest}),
    ]
    wrong = [{}, {"Authorization": f"Bearer {token[:-9]}AAAAAAAAA"}]

    def answers() -> list[tuple[int, str]]:
        sent = [
            shared_registry.http.request(method, path, params=query, headers=headers)
            for method, path, query in requests
            for headers in [
                *wrong,
                *([{"Authorization": f"Bearer {pull_only}"}] * (method != "HEAD")),
            ]
        ]
        # Distribution 3 writes the actions in any order.
        return [
            (
                answer.status_code,
                answer.headers["www-authenticate"].replace("push,pull", "pull,push"),
            )
            for answer in sent
        ]

    expected = answers()
    marks.mark(blob.digest, state=state)
    assert answers() == expected
    assert {status for status, _ in expected} == {401}
    assert marks.states(blob.digest) == [state]
    if state == "deleting":
        marks.sweep(blob)


def test_client_pushes_an_image_whose_blobs_are_doomed_or_being_deleted(
    new_client: NewClient,
    stack: Stack,
    shared_tenant: Tenant,
    shared_registry: Registry,
    marks: Marks,
) -> None:
    image = make_image()
    name = f"{shared_tenant.private}/{unique('app')}"
    shared_registry.upload(image, name, token=_token(shared_registry, name))
    doomed, deleting = (blob.digest for blob in image.blobs[:2])
    marks.mark(doomed)
    marks.mark(deleting, state="deleting")
    timer = threading.Timer(2, marks.sweep, (image.blobs[1],))
    timer.start()
    client = new_client()
    reference = f"{stack.registry}/{name}:v1"
    client.logged_in(stack.registry, shared_tenant.granted)
    client.push(image, reference).checked()
    timer.join()
    assert marks.states(doomed, deleting) == [None, None]
    token = shared_registry.token(f"repository:{name}:pull")
    assert shared_registry.manifest(name, "v1", token=token).is_success


def test_replica_that_stood_still_answers_nothing_from_old_marks(
    stack: Stack, folder: Path, shared_registry: Registry, marks: Marks, pushed: str, image: Image
) -> None:
    blob = image.layers[0]
    headers = {
        "Authorization": f"Bearer {_token(shared_registry, pushed)}",
        "X-Original-Method": "HEAD",
        "X-Original-URI": f"/v2/{pushed}/blobs/{blob.digest}",
    }
    with running_auth_replica(stack, folder / "stopped-auth.log") as replica:
        assert replica.http.get("/internal/gate", headers=headers).status_code == 204
        os.kill(replica.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            marks.mark(blob.digest)
            waited = time.monotonic() - started
            print(f"the marks were confirmed without the replica after {waited:.1f} s")
            assert 3 < waited < 8
        finally:
            os.kill(replica.pid, signal.SIGCONT)
        refused = 0
        while (answer := replica.http.get("/internal/gate", headers=headers)).status_code == 403:
            assert answer.headers["x-refusal"] == "unconfirmed"
            refused += 1
        assert marks.states(blob.digest) == [None], "allowed only after it was revived"
        print(f"{refused} requests were refused meanwhile")


def test_time_of_a_check(
    shared_registry: Registry, marks: Marks, pushed: str, image: Image
) -> None:
    token, blob = _token(shared_registry, pushed), image.layers[0]

    def measure(what: str, send: Callable[[], httpx.Response]) -> None:
        times = []
        for _ in range(HEADS):
            started = time.perf_counter()
            assert send().status_code == 200
            times.append((time.perf_counter() - started) * 1000)
        times.sort()
        print(
            f"{what}: p50 {statistics.median(times):.2f} ms, p99 {times[HEADS * 99 // 100]:.2f} ms"
        )

    bearer = {"Authorization": f"Bearer {token}"}
    conditional = {**bearer, "If-None-Match": '"x"'}

    def get() -> httpx.Response:
        """The registry answers it too, without the gate."""
        return shared_registry.http.get(f"/v2/{pushed}/blobs/{blob.digest}", headers=conditional)

    measure("GET by the registry, which makes no check", get)
    measure("HEAD", lambda: _head(shared_registry, pushed, blob.digest, token))
    many = [f"sha256:{number:064x}" for number in range(1, 100_001)]
    marks.mark(*many)
    try:
        measure(
            "HEAD with 100,000 marks", lambda: _head(shared_registry, pushed, blob.digest, token)
        )
    finally:
        marks.remove(*many)
