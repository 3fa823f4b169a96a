"""The descriptors of manifests, as the list of referrers has them."""

import json

from libs.common.registry.manifests import child_annotations, describe

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
DIGEST = "sha256:" + "a" * 64


def _describe(media_type: str = MANIFEST, **fields: object) -> dict[str, object]:
    content = json.dumps(fields).encode()
    described = describe(content, digest=DIGEST, media_type=media_type)
    assert (described.pop("mediaType"), described.pop("digest"), described.pop("size")) == (
        media_type,
        DIGEST,
        len(content),
    )
    return described


def test_artifact_type_of_a_manifest_is_its_own_or_that_of_its_config() -> None:
    config = {"mediaType": CONFIG}
    assert _describe(artifactType="a/b", config=config) == {"artifactType": "a/b"}
    assert _describe(artifactType="", config=config) == {"artifactType": CONFIG}
    assert _describe(config=config) == {"artifactType": CONFIG}


def test_artifact_type_of_an_index_is_its_own() -> None:
    assert _describe(INDEX, artifactType="a/b") == {"artifactType": "a/b"}
    assert _describe(INDEX, manifests=[]) == {}


def test_annotations_are_kept_as_they_are_up_to_16_kib() -> None:
    annotations = {"a": "line\nline", "b": "x" * 20_000, "c": "é"}
    assert _describe(annotations=annotations) == {"annotations": {"a": "line\nline", "c": "é"}}


def test_annotations_that_postgresql_cannot_store_are_cleaned() -> None:
    annotations = {"a\0": "x\0y", "b": 7, "c": "\ud800"}
    assert _describe(annotations=annotations) == {"annotations": {"a": "xy", "c": "\ufffd"}}


def test_index_gives_its_children_annotations() -> None:
    entry = {"digest": DIGEST, "annotations": {"a": "b"}}
    assert child_annotations(json.dumps({"manifests": [entry]}).encode()) == {DIGEST: {"a": "b"}}
