"""A backup during pushes and pulls, its restore into an empty installation, and its verification.

Each test uses the backup that the module makes once, while clients work (spec 13).
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.kit.folders import remove
from tests.kit.http.accounts import Account, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import Image, Index, make_image, make_index
from tests.kit.stack.backup import moorage, start
from tests.kit.stack.database import fetch
from tests.kit.stack.run import Stack, running_stack
from tests.kit.waiting import eventually

_COUNTS = """
    SELECT r.path, r.tag_count, r.pull_count FROM catalog.repositories r ORDER BY r.path
"""


@dataclass
class Load:
    """Pushes and pulls in a thread, until it is stopped."""

    registry: Registry
    repository: str
    pushed: dict[str, Image] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Push and pull until the context ends."""
        is_stopped = threading.Event()

        def work() -> None:
            while not is_stopped.is_set():
                tag, image = f"load-{len(self.pushed)}", make_image()
                try:
                    self.registry.push(image, self.repository, tag)
                    self.registry.manifest(self.repository, tag).raise_for_status()
                except Exception as error:
                    self.failures.append(str(error))
                    return
                self.pushed[tag] = image

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            is_stopped.set()
            thread.join()


@dataclass(frozen=True)
class BackedUp:
    """A backup, what its tags were, and the tenant who pushed them."""

    source: Path
    result: dict[str, Any]
    counts: list[tuple[Any, ...]]
    images: dict[str, Image | Index]
    """By `repository:tag`; those that were pushed before the backup."""
    load: Load
    credentials: tuple[str, str]
    identity: Path
    token: str
    second: dict[str, Any]


@pytest.fixture(scope="module")
def source_stack(folder: Path) -> Iterator[Stack]:
    """The installation that is backed up."""
    place = folder / unique("backup")
    place.mkdir()
    with running_stack(place) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(source_stack: Stack) -> Iterator[Tenant]:
    """A tenant of it."""
    with (
        Account(source_stack.url, "admin", source_stack.admin_password) as admin,
        admin.make_account() as account,
    ):
        yield make_tenant(account)


@pytest.fixture(scope="module")
def backed_up(source_stack: Stack, tenant: Tenant, folder: Path) -> Iterator[BackedUp]:
    """Back up twice. During the first backup, a client pushes and pulls."""
    source = folder / unique("target")
    identity = pyrage.x25519.Identity.generate()
    key = folder / unique("key")
    key.write_text(str(identity))
    data = source_stack.data
    credentials = tenant.granted.credentials
    with Registry(source_stack.url, credentials) as registry:
        images: dict[str, Image | Index] = {}
        for number in range(4):
            content = make_index() if number == 0 else make_image(layers=3)
            images[f"{tenant.private}/app-{number}:v1"] = content
            registry.push(content, f"{tenant.private}/app-{number}", "v1")
        for name in list(images):
            registry.manifest(*name.split(":")).raise_for_status()
        _await_counted(source_stack, len(images))
        counts = _read_counts(source_stack)
        load = Load(registry, f"{tenant.private}/load")
        token = registry.token(f"repository:{tenant.private}/app-1:pull")
        recipient = str(identity.to_public())
        with load.running():
            done = moorage(
                data, "backup", str(source), "--json", "--recipient", recipient
            ).checked()
        assert load.failures == []
        result = json.loads(done.stdout)
        second = json.loads(moorage(data, "backup", str(source), "--json").checked().stdout)
        shutil.rmtree(source / "backups" / second["id"])
        yield BackedUp(source, result, counts, images, load, credentials, key, token, second)
    remove(source)


def _await_counted(stack: Stack, pulls: int) -> None:
    def are_counted() -> bool:
        return int(sum(row["pull_count"] for row in fetch(stack, _COUNTS))) >= pulls

    eventually(are_counted, within=30, what="the counts of the pulls")


def _read_counts(stack: Stack) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in fetch(stack, _COUNTS)]


def _tags(stack: Stack) -> dict[str, str]:
    rows = fetch(
        stack,
        "SELECT r.path || ':' || t.name AS name, t.digest FROM catalog.tags t"
        " JOIN catalog.repositories r ON r.id = t.repository_id",
    )
    return {row["name"]: row["digest"] for row in rows}


def _assert_restored(stack: Stack, backed_up: BackedUp) -> None:
    """Pull each tag of the backup, byte for byte."""
    tags = _tags(stack)
    assert len(tags) == backed_up.result["counts"]["tags"]
    assert backed_up.images.keys() <= tags.keys()
    pushed = {
        **backed_up.images,
        **{f"{backed_up.load.repository}:{tag}": one for tag, one in backed_up.load.pushed.items()},
    }
    before = {path: rest for path, *rest in backed_up.counts}
    after = {path: rest for path, *rest in _read_counts(stack)}
    assert {path: after[path] for path in before} == before
    with Registry(stack.url, backed_up.credentials) as registry:
        for name in tags:
            repository, tag = name.split(":")
            content = pushed[name]
            token = registry.token(f"repository:{repository}:pull")
            assert registry.manifest(repository, tag).content == content.manifest.content
            for image in content.images if isinstance(content, Index) else (content,):
                digest = image.manifest.digest
                assert registry.manifest(repository, digest).content == image.manifest.content
                for blob in image.blobs:
                    pulled = registry.blob(repository, blob.digest, token=token)
                    assert pulled.content == blob.content
        new = make_image()
        registry.push(new, repository, "after-the-restore")


def test_backup_lists_what_it_contains_and_the_next_one_copies_only_what_is_new(
    backed_up: BackedUp,
) -> None:
    result, second = backed_up.result, backed_up.second
    assert result["counts"]["tags"] >= len(backed_up.images)
    assert (result["missing"], result["damaged"]) == ([], [])
    assert result["copied_blobs"] == result["counts"]["blobs"]
    new = second["counts"]["blobs"] - result["counts"]["blobs"]
    assert second["copied_blobs"] == new
    names = {path.name for path in (backed_up.source / "backups" / result["id"]).iterdir()}
    assert names == {"database", "blobs.gz", "links.gz", "manifest.json", "secrets.age"}


def test_restore_into_an_empty_installation(backed_up: BackedUp, folder: Path) -> None:
    place = folder / unique("restored")
    place.mkdir()
    data = place / "data"
    moorage(data, "restore", str(backed_up.source), "--identity", str(backed_up.identity)).checked()
    with running_stack(place) as stack:
        _assert_restored(stack, backed_up)
        # The keys are those of the backup, so a token from before is valid.
        with Registry(stack.url, None) as registry:
            repository = next(name for name in backed_up.images if "app-1" in name).split(":")[0]
            assert registry.manifest(repository, "v1", token=backed_up.token).status_code == 200
        again = moorage(data, "restore", str(backed_up.source))
        assert "already runs" in again.output
    again = moorage(data, "restore", str(backed_up.source))
    assert not again.ok
    assert "is not empty" in again.output
    remove(place)


def test_killed_restore_goes_on_and_without_keys_has_new_ones(
    backed_up: BackedUp, folder: Path
) -> None:
    place = folder / unique("killed")
    place.mkdir()
    data = place / "data"
    process = start(data, "restore", str(backed_up.source))
    blobs = data / "registry/docker/registry/v2/blobs/sha256"
    eventually(lambda: any(blobs.glob("*/*/data")), within=120, every=0.005)
    process.kill()
    process.communicate()
    moorage(data, "restore", str(backed_up.source)).checked()
    with running_stack(place) as stack:
        _assert_restored(stack, backed_up)
        with Registry(stack.url, None) as registry:
            repository = next(name for name in backed_up.images if "app-1" in name).split(":")[0]
            assert registry.manifest(repository, "v1", token=backed_up.token).status_code == 401
    remove(place)


def test_killed_backup_is_not_complete(source_stack: Stack, backed_up: BackedUp) -> None:
    target = backed_up.source.with_name(unique("half"))
    process = start(source_stack.data, "backup", str(target))
    # A blob has a temporary name until it is complete.
    blobs = f"blobs/sha256/*/{'[0-9a-f]' * 64}"
    eventually(lambda: any(target.glob(blobs)), within=120, every=0.005)
    process.kill()
    process.communicate()
    if not list(target.glob("backups/*/manifest.json")):
        shown = moorage(source_stack.data, "backup", "verify", str(target))
        assert "no complete backup" in shown.output
    done = json.loads(moorage(source_stack.data, "backup", str(target), "--json").checked().stdout)
    assert done["copied_blobs"] < done["counts"]["blobs"]
    assert (
        "Nothing is damaged"
        in moorage(source_stack.data, "backup", "verify", str(target)).checked().output
    )
    remove(target)


def test_verify_finds_a_flipped_byte_and_names_what_it_affects(
    source_stack: Stack, backed_up: BackedUp
) -> None:
    copy = backed_up.source.with_name(unique("flipped"))
    shutil.copytree(backed_up.source, copy)
    name = next(name for name in backed_up.images if "app-2" in name)
    content = backed_up.images[name]
    assert isinstance(content, Image)
    blob = copy / "blobs/sha256" / content.layers[0].hex[:2] / content.layers[0].hex
    _flip(blob)
    table = copy / "backups" / backed_up.result["id"] / "database/catalog.tags.gz"
    _flip(table)
    shown = moorage(source_stack.data, "backup", "verify", str(copy), "--json")
    assert shown.status == 1
    problems = json.loads(shown.stdout)["problems"]
    assert len(problems) == 2
    assert table.name in problems[0]
    assert "the whole backup" in problems[0]
    assert content.layers[0].hex in problems[1]
    assert problems[1].endswith(f"it affects {name}")
    # A damaged dump changes nothing.
    data = copy / "data"
    refused = moorage(data, "restore", str(copy))
    assert (refused.ok, table.name in refused.output) == (False, True)
    remove(copy)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_no_blob_is_swept_for_the_retention_after_a_backup_of_the_database(
    source_stack: Stack, backed_up: BackedUp
) -> None:
    target = backed_up.source.with_name(unique("rows"))
    words = ("backup", str(target), "--database-only", "--json")
    done = moorage(source_stack.data, *words, BACKUP_RETENTION_DAYS="7").checked()
    assert json.loads(done.stdout)["database_only"]
    assert not (target / "blobs").exists()
    (hold,) = fetch(
        source_stack,
        "SELECT reason, expires_at - now() > interval '6 days 23 hours' AS is_long"
        # The backup that an earlier test killed has a hold for an hour.
        " FROM catalog.storage_holds WHERE expires_at > now() AND reason <> 'a backup'",
    )
    assert (hold["reason"].startswith("the backup "), hold["is_long"]) == (True, True)
    remove(target)
