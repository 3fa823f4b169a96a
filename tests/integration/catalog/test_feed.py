"""The catalog converges to the state of the registry, in whatever order events arrive."""

import asyncio
import json
import random
import shutil
from typing import Any

import httpx
import pytest

from tests.integration.catalog.registry import RegistryUnderTest, at, deliver
from tests.kit.database import Database
from tests.kit.images import (
    MEDIA_TYPES,
    Blob,
    Image,
    Index,
    Kind,
    make_image,
    make_index,
    make_manifest,
)
from tests.kit.waiting import soon_json


class Team:
    """A namespace of the account `acme`, with the pushes to it and their events."""

    def __init__(
        self, name: str, http: httpx.AsyncClient, database: Database, registry: RegistryUnderTest
    ) -> None:
        self.name = name
        self.http = http
        self.database = database
        self.registry = registry
        self.app = f"{name}/app"

    async def push(
        self, content: Image | Index, *tags: str, by: str = "alice"
    ) -> list[dict[str, Any]]:
        """Push, and deliver the events."""
        events = self.registry.push(content, self.app, *tags, by=by)
        await deliver(self.database, *events)
        return events

    async def repository(self, **expected: object) -> Any:
        """Return the repository when it has the ``expected`` values."""
        return await soon_json(
            self.http, f"/api/v1/repositories/{self.app}", lambda body: _has(body, expected)
        )

    async def tags(self, **digests: str) -> Any:
        """Return the tags when they have exactly these ``digests``."""
        body = await soon_json(
            self.http,
            f"/api/v1/images/{self.app}",
            lambda body: {item["tag"]: item["digest"] for item in body["items"]} == digests,
        )
        return {item["tag"]: item for item in body["items"]}

    async def image(self, reference: str) -> Any:
        """Return one image, by `:tag` or `@digest`."""
        return await soon_json(self.http, f"/api/v1/images/{self.app}{reference}", lambda _: True)


def _has(body: dict[str, Any], expected: dict[str, object]) -> bool:
    return all(body[name] == value for name, value in expected.items())


@pytest.fixture
async def here(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, team: str
) -> Team:
    made = await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    assert made.status_code == 201
    return Team(team, acme, emptied, registry)


@pytest.mark.parametrize("kind", ["oci", "docker"])
async def test_push_creates_the_repository_and_the_tag(here: Team, kind: Kind) -> None:
    image = make_image(kind=kind, architecture="arm64", layers=2)
    (event,) = await here.push(image, "v1")
    repository = await here.repository(tag_count=1)
    assert (repository["status"], repository["size_bytes"], repository["last_pushed_at"]) == (
        "active",
        image.size_bytes,
        at(event),
    )
    tag = (await here.tags(v1=image.manifest.digest))["v1"]
    platform = {
        "os": "linux",
        "architecture": "arm64",
        "variant": None,
        "digest": image.manifest.digest,
        "size_bytes": image.size_bytes,
    }
    assert tag["platforms"] == [platform]
    assert (tag["pushed_by"], tag["pushed_at"], tag["media_type"]) == (
        "alice",
        at(event),
        MEDIA_TYPES[kind]["manifest"],
    )


async def test_image_has_layers_labels_and_pull_commands(here: Team) -> None:
    image = make_image(layers=2)
    await here.push(image, "v1", "latest")
    await here.tags(v1=image.manifest.digest, latest=image.manifest.digest)
    shown = await here.image(":v1")
    assert [(layer["digest"], layer["size_bytes"]) for layer in shown["layers"]] == [
        (b.digest, len(b.content)) for b in image.layers
    ]
    assert shown["labels"] == json.loads(image.config.content)["config"]["Labels"]
    assert shown["created_at"] == "2026-01-01T00:00:00Z"
    assert shown["tags"] == ["latest", "v1"]
    assert {"client": "docker", "command": f"docker pull localhost:8080/{here.app}:v1"} in shown[
        "pull_commands"
    ]
    by_digest = await here.image(f"@{image.manifest.digest}")
    assert (by_digest["tag"], by_digest["pull_count"], by_digest["digest"]) == (
        None,
        None,
        image.manifest.digest,
    )
    assert (
        by_digest["pull_commands"][0]["command"]
        == f"docker pull localhost:8080/{here.app}@{image.manifest.digest}"
    )


@pytest.mark.parametrize("kind", ["oci", "docker"])
async def test_size_of_an_index_is_the_sum_of_its_platforms(here: Team, kind: Kind) -> None:
    index = make_index(kind=kind, architectures=("amd64", "arm64"))
    await here.push(index, "v1")
    tag = (await here.tags(v1=index.manifest.digest))["v1"]
    assert tag["size_bytes"] == sum(image.size_bytes for image in index.images)
    assert [(p["architecture"], p["digest"], p["size_bytes"]) for p in tag["platforms"]] == [
        (image.architecture, image.manifest.digest, image.size_bytes) for image in index.images
    ]
    assert (await here.repository(tag_count=1))["size_bytes"] == tag["size_bytes"]
    child = await here.image(f"@{index.images[1].manifest.digest}")
    assert (child["platforms"][0]["architecture"], child["tags"]) == ("arm64", [])
    children = await here.database.fetch(
        "SELECT child_digest FROM catalog.index_children WHERE repository = $1", here.app
    )
    assert {row["child_digest"] for row in children} == {
        image.manifest.digest for image in index.images
    }


async def test_attestation_is_not_a_platform(here: Team) -> None:
    image, attestation = make_image(architecture="amd64"), make_image(architecture="unknown")
    named = [
        image.manifest.descriptor(platform={"os": "linux", "architecture": "amd64"}),
        attestation.manifest.descriptor(
            platform={"os": "unknown", "architecture": "unknown"},
            annotations={"vnd.docker.reference.type": "attestation-manifest"},
        ),
    ]
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": MEDIA_TYPES["oci"]["index"], "manifests": named}
    ).encode()
    index = Index(Blob(MEDIA_TYPES["oci"]["index"], content), (image, attestation))
    await here.push(index, "v1")
    tag = (await here.tags(v1=index.manifest.digest))["v1"]
    assert [platform["architecture"] for platform in tag["platforms"]] == ["amd64"]
    assert tag["size_bytes"] == image.size_bytes


async def test_index_without_platforms_gets_them_from_its_images(here: Team) -> None:
    image = make_image(architecture="riscv64")
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPES["oci"]["index"],
            "manifests": [image.manifest.descriptor()],
        }
    )
    index = Index(Blob(MEDIA_TYPES["oci"]["index"], content.encode()), (image,))
    await here.push(index, "v1")
    tag = (await here.tags(v1=index.manifest.digest))["v1"]
    assert [(p["architecture"], p["size_bytes"]) for p in tag["platforms"]] == [
        ("riscv64", image.size_bytes)
    ]


async def test_helm_chart_and_sbom_are_listed_as_artifacts(here: Team) -> None:
    chart = Blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"a chart")
    config = Blob("application/vnd.cncf.helm.config.v1+json", b'{"name":"web","version":"1.0.0"}')
    empty = Blob("application/vnd.oci.empty.v1+json", b"{}")
    helm = make_manifest(config=config.descriptor(), layers=[chart.descriptor()])
    sbom = make_manifest(
        artifactType="application/spdx+json",
        config=empty.descriptor(),
        layers=[chart.descriptor()],
        subject={
            "mediaType": MEDIA_TYPES["oci"]["manifest"],
            "digest": helm.digest,
            "size": len(helm.content),
        },
    )
    await deliver(
        here.database, *here.registry.push_artifact(helm, [chart, config], here.app, "1.0.0")
    )
    await deliver(
        here.database, *here.registry.push_artifact(sbom, [chart, empty], here.app, "sbom")
    )
    tags = await here.tags(**{"1.0.0": helm.digest, "sbom": sbom.digest})
    assert tags["1.0.0"]["size_bytes"] == len(chart.content) + len(config.content)
    assert tags["1.0.0"]["platforms"] == tags["sbom"]["platforms"] == []
    assert tags["1.0.0"]["artifact_type"] == config.media_type
    assert tags["sbom"]["artifact_type"] == "application/spdx+json"
    shown = await here.image(":1.0.0")
    assert shown["artifact_type"] == "application/vnd.cncf.helm.config.v1+json"
    assert shown["pull_commands"] == [
        {
            "client": "helm",
            "command": f"helm pull oci://localhost:8080/{here.app} --version 1.0.0 --plain-http",
        }
    ]
    about = await here.image(":sbom")
    assert (about["artifact_type"], about["subject"]) == ("application/spdx+json", helm.digest)


async def test_moved_tag_names_the_new_image_and_the_size_excludes_the_old_one(here: Team) -> None:
    old, new = make_image(), make_image(layers=3)
    await here.push(old, "latest", by="alice")
    await here.tags(latest=old.manifest.digest)
    (event,) = await here.push(new, "latest", by="bob")
    tag = (await here.tags(latest=new.manifest.digest))["latest"]
    assert (tag["pushed_by"], tag["pushed_at"]) == ("bob", at(event))
    repository = await here.repository(tag_count=1)
    assert repository["size_bytes"] == new.size_bytes
    assert (await here.image(f"@{old.manifest.digest}"))["tags"] == []


async def test_push_is_applied_although_its_event_arrives_before_the_tag_is_set(here: Team) -> None:
    """Distribution reports first: https://github.com/distribution/distribution/issues/2625."""
    old, new = make_image(), make_image()
    await here.push(old, "latest")
    await here.tags(latest=old.manifest.digest)
    events = here.registry.push(new, here.app, "latest", "v2")
    tags = here.registry.storage / f"docker/registry/v2/repositories/{here.app}/_manifests/tags"
    (tags / "v2").rename(tags.parent / "v2")
    (tags / "latest/current/link").write_text(old.manifest.digest)
    await deliver(here.database, *events)
    await asyncio.sleep(0.1)  # as long as slow storage takes
    (tags.parent / "v2").rename(tags / "v2")
    (tags / "latest/current/link").write_text(new.manifest.digest)
    set_at = await here.tags(latest=new.manifest.digest, v2=new.manifest.digest)
    assert set_at["latest"]["pushed_at"] == at(events[0])


async def test_image_with_two_tags_is_counted_once(here: Team) -> None:
    image = make_image()
    await here.push(image, "v1", "v2")
    assert (await here.repository(tag_count=2))["size_bytes"] == image.size_bytes


async def test_second_push_of_the_same_image_changes_only_time_and_pusher(here: Team) -> None:
    image = make_image()
    await here.push(image, "v1")
    await here.tags(v1=image.manifest.digest)
    (event,) = await here.push(image, "v1", by="bob")
    repository = await here.repository(last_pushed_at=at(event))
    assert (repository["tag_count"], repository["size_bytes"]) == (1, image.size_bytes)
    assert (await here.tags(v1=image.manifest.digest))["v1"]["pushed_by"] == "bob"


@pytest.mark.parametrize("seed", range(3))
async def test_late_duplicate_and_shuffled_events_converge_to_the_registry(
    here: Team, seed: int
) -> None:
    chance = random.Random(seed)
    images = [make_image() for _ in range(3)]
    index = make_index()
    events = []
    for content, tags in (
        (images[0], ["a"]),
        (images[1], ["a", "b"]),
        (index, ["c"]),
        (images[2], ["b"]),
        (images[0], ["d"]),
    ):
        events += here.registry.push(content, here.app, *tags)
    events += here.registry.delete(here.app, images[1].manifest.digest)
    last = here.registry.push(images[2], here.app, "e", by="zoe")
    shuffled = [*events, *chance.sample(events, 3), *last]
    chance.shuffle(shuffled)
    while shuffled:  # in several deliveries, so that the follower works between them
        part, shuffled = shuffled[:3], shuffled[3:]
        await deliver(here.database, *part)
    zero, two, many = images[0].manifest.digest, images[2].manifest.digest, index.manifest.digest
    # The deletion of its image has deleted the tag "a".
    await here.repository(tag_count=4, last_pushed_at=at(last[0]))
    tags = await here.tags(b=two, c=many, d=zero, e=two)
    assert tags["e"]["pushed_by"] == "zoe"
    size = (
        images[0].size_bytes
        + images[2].size_bytes
        + sum(image.size_bytes for image in index.images)
    )
    assert (await here.repository(tag_count=4))["size_bytes"] == size


async def test_deleted_image_loses_all_its_tags(here: Team) -> None:
    image, other = make_image(), make_image()
    await here.push(image, "v1", "v2")
    await here.push(other, "v3")
    await here.repository(tag_count=3)
    await deliver(here.database, *here.registry.delete(here.app, image.manifest.digest))
    await here.tags(v3=other.manifest.digest)
    await deliver(here.database, *here.registry.delete(here.app, other.manifest.digest))
    assert (await here.repository(tag_count=0))["status"] == "empty"


async def test_deleted_tag_keeps_its_siblings_and_its_image(here: Team) -> None:
    image = make_image()
    (event, _) = await here.push(image, "v1", "v2")
    await here.repository(tag_count=2)
    # Distribution 3 deletes the folder and reports it. 2.8.2 cannot delete a tag.
    shutil.rmtree(
        here.registry.storage / f"docker/registry/v2/repositories/{here.app}/_manifests/tags/v1"
    )
    await deliver(
        here.database, event | {"action": "delete", "target": {"repository": here.app, "tag": "v1"}}
    )
    await here.tags(v2=image.manifest.digest)
    repository = await here.repository(tag_count=1)
    assert (repository["status"], repository["size_bytes"]) == ("active", image.size_bytes)


async def test_push_event_after_the_deletion_event_creates_nothing(here: Team) -> None:
    image, other = make_image(), make_image()
    pushed = here.registry.push(image, here.app, "v1")
    deleted = here.registry.delete(here.app, image.manifest.digest)
    kept = here.registry.push(other, f"{here.name}/kept", "v1")
    await deliver(here.database, *deleted, *pushed, *kept)
    await soon_json(
        here.http, f"/api/v1/repositories/{here.name}/kept", lambda body: body["tag_count"] == 1
    )
    assert (await here.http.get(f"/api/v1/repositories/{here.app}")).status_code == 404


async def test_push_to_an_unknown_namespace_is_ignored_and_delays_no_other(
    here: Team,
) -> None:
    ignored = here.registry.push(make_image(), f"{here.name}-unknown/app", "v1")
    await deliver(here.database, *ignored)
    await here.push(make_image(), "v1")
    await here.repository(tag_count=1)
    assert (await here.http.get("/api/v1/namespaces")).json()["items"][0]["repository_count"] == 1


async def test_push_to_an_existing_empty_repository_keeps_its_description(here: Team) -> None:
    body = {"namespace": here.name, "name": "app", "description": "web"}
    assert (await here.http.post("/api/v1/repositories", json=body)).status_code == 201
    await here.push(make_image(), "v1")
    repository = await here.repository(tag_count=1)
    assert (repository["status"], repository["description"]) == ("active", "web")
