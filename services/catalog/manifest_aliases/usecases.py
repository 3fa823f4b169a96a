"""Find the sha256 digests of what a manifest names by other digests."""

from collections.abc import Collection

from libs.common.db.engine import Engine, autocommit
from libs.common.registry.manifests import children_of, own_blobs
from services.catalog.manifest_aliases.queries import list_canonicals

_OTHER = (b"sha512:", b"sha384:")


async def list_aliases(engine: Engine, digests: Collection[str]) -> dict[str, str]:
    """Return the sha256 digests of those of ``digests`` that have another algorithm.

    An unknown one is missing.
    """
    others = [digest for digest in digests if not digest.startswith("sha256:")]
    if not others:
        return {}
    async with autocommit(engine) as tx:
        return await list_canonicals(tx, digests=others)


async def list_aliases_of(engine: Engine, manifest: bytes) -> dict[str, str]:
    """Return those of the config, the layers, and the children of a manifest."""
    if not any(algorithm in manifest for algorithm in _OTHER):
        return {}
    return await list_aliases(engine, own_blobs(manifest) | children_of(manifest))
