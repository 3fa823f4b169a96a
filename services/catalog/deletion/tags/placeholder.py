"""The placeholder manifest.

Distribution 2.8.2 deletes a tag only together with the manifest that it names. So the tag is moved
to a placeholder first, and then the placeholder is deleted.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass

from libs.common.registry.client import Fetched

_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An empty index, which needs no blob, with its unique digest."""

    digest: str
    manifest: Fetched


def make_placeholder() -> Placeholder:
    """Return a new placeholder."""
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _INDEX,
            "manifests": [],
            "annotations": {"org.moorage.placeholder": secrets.token_hex(16)},
        }
    ).encode()
    return Placeholder("sha256:" + hashlib.sha256(content).hexdigest(), Fetched(_INDEX, content))
