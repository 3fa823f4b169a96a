"""Signatures and other referrers are shown with their image, and not among the tags (spec 8)."""

import json
from typing import Any

import httpx
import pytest

from libs.common.registry.names import artifact_tags, is_artifact_tag
from tests.integration.catalog.trashing import EMPTY, Team
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_index, make_manifest


async def _attach(mine: Team, subject: Blob | None, reference: str = "", **fields: Any) -> Blob:
    described = {"subject": subject.descriptor()} if subject else {}
    manifest = make_manifest(
        config=EMPTY.descriptor(), layers=[EMPTY.descriptor()], **described, **fields
    )
    mine.pusher.upload(f"{mine.name}/app", EMPTY)
    answer = await mine.pusher.put(f"{mine.name}/app", reference or manifest.digest, manifest)
    assert answer.status_code == 201, answer.text
    return manifest


async def _image(mine: Team, reference: str) -> dict[str, Any]:
    answer = await mine.http.get(f"/api/v1/images/{mine.name}/app{reference}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_image_lists_its_referrers_by_kind(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    tag = f"sha256-{image.manifest.hex}"
    signature = await _attach(mine, None, f"{tag}.sig", annotations={"of": "cosign"})
    sbom = await _attach(
        mine, image.manifest, artifactType="application/spdx+json", annotations={"a": "b"}
    )
    listed = await _attach(mine, None, artifactType="application/vnd.in-toto+json")
    foreign = await _attach(mine, listed, artifactType="application/vnd.example")
    index = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPES["oci"]["index"],
        "manifests": [one.descriptor() for one in (sbom, listed, foreign)],
    }
    fallback = Blob(MEDIA_TYPES["oci"]["index"], json.dumps(index).encode())
    assert (await mine.pusher.put(f"{mine.name}/app", tag, fallback)).status_code == 201
    for reference in (":v1", f"@{image.manifest.digest}"):
        shown = (await _image(mine, reference))["referrers"]
        assert [(one["digest"], one["kind"]) for one in shown] == [
            (listed.digest, "attestation"),
            (sbom.digest, "sbom"),
            (signature.digest, "signature"),
        ]
        assert shown[1]["artifact_type"] == "application/spdx+json"
        assert (shown[1]["annotations"], shown[1]["tags"]) == ({"a": "b"}, [])
        assert (shown[2]["annotations"], shown[2]["tags"]) == ({"of": "cosign"}, [f"{tag}.sig"])
        assert shown[2]["size_bytes"] == 2 * len(EMPTY.content)
        assert shown[2]["pushed_at"].endswith("Z")


async def test_annotations_of_a_referrer_from_before_are_read(
    mine: Team, emptied: Database
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await _attach(mine, image.manifest, annotations={"a": "b"})
    await emptied.execute("UPDATE catalog.manifests SET descriptor = NULL")
    (shown,) = (await _image(mine, ":v1"))["referrers"]
    assert shown["annotations"] == {"a": "b"}


async def test_referrers_are_read_only_for_those_who_can_see_the_image(
    mine: Team, emptied: Database, other: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await _attach(mine, image.manifest, annotations={"a": "b"})
    await emptied.execute("UPDATE catalog.manifests SET descriptor = NULL")
    address = f"/api/v1/images/{mine.name}/app:v1"
    assert (await other.get(address)).status_code == 404
    made_up = {"Authorization": f"Bearer mak_{'a' * 43}"}
    assert (await anonymous.get(address, headers=made_up)).status_code == 401
    read = "SELECT count(*) FROM catalog.manifests WHERE descriptor IS NOT NULL"
    assert (await emptied.fetch(read))[0]["count"] == 0


@pytest.mark.parametrize("reference", [":%00", ":v%00", "@%00", "@sha256:%00"])
async def test_malformed_reference_is_unknown(mine: Team, reference: str) -> None:
    await mine.push(make_image(), "app", "v1")
    answer = await mine.http.get(f"/api/v1/images/{mine.name}/app{reference}")
    assert answer.status_code == 404, answer.text


async def test_tags_of_other_images_are_hidden_and_not_counted(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    hidden = artifact_tags(image.manifest.digest)
    for tag in hidden:
        await _attach(mine, None, tag)
    await mine.push(make_image(), "app", "v2", "v3")
    repository = f"/api/v1/repositories/{mine.name}/app"
    assert set(await mine.tags("app")) == {"v1", "v2", "v3"}
    assert (await mine.http.get(repository)).json()["tag_count"] == 3
    await mine.delete_image("app:v3")  # counts all tags again
    assert (await mine.http.get(repository)).json()["tag_count"] == 2
    listed = await mine.http.get(f"/api/v1/images/{mine.name}/app", params={"artifacts": "true"})
    assert {item["tag"] for item in listed.json()["items"]} == {"v1", "v2", *hidden}
    assert set(hidden) <= set(mine.registry.tags(f"{mine.name}/app"))


async def test_referrers_come_back_with_a_restored_image(mine: Team) -> None:
    index = make_index()
    await mine.push(index, "app", "v1")
    await mine.attach(index.manifest, "app", tag=f"sha256-{index.manifest.hex}.sig")
    await mine.attach(index.manifest, "app")
    before = (await _image(mine, ":v1"))["referrers"]
    assert [one["kind"] for one in before] == ["signature", "signature"]
    await mine.delete_image(f"app@{index.manifest.digest}")
    assert await mine.tags("app") == {}
    await mine.restored(await mine.entry())
    assert (await _image(mine, ":v1"))["referrers"] == before
    repository = await mine.http.get(f"/api/v1/repositories/{mine.name}/app")
    assert repository.json()["tag_count"] == 1


async def test_referrers_of_an_image_in_the_trash_are_not_listed(mine: Team) -> None:
    image, path = make_image(), f"{mine.name}/app"
    await mine.push(image, "app", "v1")
    referrer = await mine.attach(image.manifest, "app")

    async def listed() -> list[str]:
        answer = await mine.http.get(
            f"/v2/{path}/referrers/{image.manifest.digest}",
            headers={"Authorization": mine.registry.authorization(path)},
        )
        return [one["digest"] for one in answer.json()["manifests"]]

    assert await listed() == [referrer.digest]
    await mine.delete_image(f"app@{image.manifest.digest}")
    assert await listed() == []
    await mine.restored(await mine.entry())
    assert await listed() == [referrer.digest]


async def test_database_knows_the_tags_of_other_images(emptied: Database) -> None:
    digit = "a" * 64
    tags = [
        *artifact_tags(f"sha256:{digit}"),
        *artifact_tags("sha512:" + "0" * 128),
        "v1",
        f"sha256-{digit}.zip",
        f"sha256-{digit}b",
        f"sha256-{digit}Xsig",
        f"sha256-{digit}\n",
        f"v-sha256-{digit}",
    ]
    rows = await emptied.fetch(
        "SELECT tag FROM unnest($1::text[]) AS tag WHERE catalog.is_artifact_tag(tag)", tags
    )
    assert {row["tag"] for row in rows} == {tag for tag in tags if is_artifact_tag(tag)}
    assert len(rows) == 8
