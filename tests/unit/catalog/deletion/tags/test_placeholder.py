"""Placeholder manifests."""

import hashlib
import json

from libs.common.registry.manifests import parse_manifest
from services.catalog.deletion.tags.placeholder import make_placeholder


def test_placeholder_is_an_empty_index_with_its_digest() -> None:
    placeholder = make_placeholder()
    content = placeholder.manifest.content
    assert placeholder.digest == "sha256:" + hashlib.sha256(content).hexdigest()
    parsed = parse_manifest(
        content, digest=placeholder.digest, media_type=placeholder.manifest.media_type
    )
    assert (parsed.media_type, parsed.children, parsed.blobs) == (
        "application/vnd.oci.image.index.v1+json",
        (),
        (),
    )
    assert json.loads(content)["schemaVersion"] == 2


def test_each_placeholder_has_its_own_digest() -> None:
    assert make_placeholder().digest != make_placeholder().digest
