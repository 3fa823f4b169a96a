"""A manifest that is made to be deleted: Distribution 2.8.2 deletes a tag only together with the digest that it names."""

import hashlib
import json
import secrets
from dataclasses import dataclass

from libs.common.registry.client import Fetched

_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An index of nothing, which needs no blob, with a digest that nothing else has."""

    digest: str
    manifest: Fetched


def make_placeholder() -> Placeholder:
    """A new one."""
    note = {"org.moorage.placeholder": secrets.token_hex(16)}
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [], "annotations": note}
    ).encode()
    return Placeholder("sha256:" + hashlib.sha256(content).hexdigest(), Fetched(_INDEX, content))
