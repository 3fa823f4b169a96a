"""Which layers a restore links to the repository (spec 7)."""

import hashlib
from typing import Any

import httpx

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.creating import create_namespace
from tests.integration.catalog.trashing import Team
from tests.kit.images import Blob, make_image, make_manifest
from tests.kit.waiting import soon

_FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
_URL = "https://mcr.microsoft.com/layer"


async def _put(mine: Team, manifest: Blob, tag: str) -> None:
    answer = await mine.pusher.put(f"{mine.name}/app", tag, manifest)
    assert answer.status_code == 201, answer.text


async def _deleted(mine: Team, **params: str) -> dict[str, Any]:
    """Return the newest entry when its deletion is finished."""
    entries = await soon(
        lambda: mine.trash(**params), lambda seen: seen[0]["status"] == "deleted", within=30
    )
    return entries[0]


async def test_restore_gives_no_access_to_a_layer_of_another_account(
    mine: Team, other: httpx.AsyncClient, pusher: Pusher
) -> None:
    """A foreign layer may be missing in the repository, so it can name any digest."""
    assert (await create_namespace(other, f"{mine.name}-victim")).status_code == 201
    secret, own = make_image(), make_image()
    victim = f"{mine.name}-victim/app"
    await pusher.push(secret, victim, "v1")
    mine.pusher.upload(f"{mine.name}/app", *own.blobs)
    foreign = {**secret.layers[0].descriptor(), "mediaType": _FOREIGN, "urls": [_URL]}
    manifest = make_manifest(
        config=own.config.descriptor(), layers=[own.layers[0].descriptor(), foreign]
    )
    await _put(mine, manifest, "windows")
    stolen = secret.layers[0].digest
    assert mine.registry.blob_status(f"{mine.name}/app", stolen) == 404
    await mine.delete_image(f"app@{manifest.digest}")
    await mine.restored(await mine.entry())
    assert mine.registry.blob_status(f"{mine.name}/app", stolen) == 404
    await mine.delete(f"repositories/{mine.name}/app")
    await mine.restored(await _deleted(mine, kind="repository"))
    assert mine.registry.blob_status(f"{mine.name}/app", stolen) == 404
    assert mine.registry.blob_status(f"{mine.name}/app", own.layers[0].digest) == 200
    assert mine.pulls("app", "windows", manifest)
    assert mine.registry.blob_status(victim, stolen) == 200


async def test_image_with_a_layer_of_another_algorithm_is_restored(mine: Team) -> None:
    image = make_image(layers=2)
    path, layer = f"{mine.name}/app", image.layers[1]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    mine.pusher.upload(path, image.config, image.layers[0])
    mine.registry.upload_as(path, layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(),
        layers=[image.layers[0].descriptor(), {**layer.descriptor(), "digest": digest}],
    )
    await _put(mine, manifest, "v1")
    await mine.delete_image(f"app@{manifest.digest}")
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", manifest)
    await mine.delete(f"repositories/{path}")
    result = await mine.restored(await _deleted(mine, kind="repository"))
    assert result["missing"] == []
    assert mine.pulls("app", "v1", manifest)
    assert mine.registry.blob_status(path, digest) == 200
    assert (
        await mine.database.fetch("SELECT * FROM catalog.intents WHERE resolved_at IS NULL") == []
    )
