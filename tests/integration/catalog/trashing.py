"""Delete from a namespace of `acme`, and restore from its trash."""

from typing import Any

import httpx

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import Blob, Image, Index, make_manifest

EMPTY = Blob("application/vnd.oci.empty.v1+json", b"{}")


class Team:
    """A namespace with images that are pushed through admission."""

    def __init__(
        self,
        name: str,
        http: httpx.AsyncClient,
        registry: RegistryUnderTest,
        database: Database,
        pusher: Pusher,
    ) -> None:
        self.name = name
        self.http = http
        self.registry = registry
        self.database = database
        self.pusher = pusher

    async def push(self, content: Image | Index, repository: str, *tags: str) -> None:
        await self.pusher.push(content, f"{self.name}/{repository}", *tags)

    async def attach(self, subject: Blob, repository: str, *, tag: str | None = None) -> Blob:
        """Push a signature: by a tag as cosign does, or by its subject as a referrer."""
        described = {} if tag else {"subject": subject.descriptor()}
        signature = make_manifest(
            artifactType="application/vnd.example.signature",
            config=EMPTY.descriptor(),
            layers=[EMPTY.descriptor()],
            annotations={"of": subject.digest, "tag": tag or ""},
            **described,
        )
        path = f"{self.name}/{repository}"
        self.pusher.upload(path, EMPTY)
        answer = await self.pusher.put(path, tag or signature.digest, signature)
        assert answer.status_code == 201, answer.text
        return signature

    async def delete(self, path: str, **params: str) -> httpx.Response:
        return await self.http.delete(f"/api/v1/{path}", params=params)

    async def delete_image(self, reference: str) -> None:
        answer = await self.delete(f"images/{self.name}/{reference}")
        assert answer.status_code == 204, answer.text

    async def trash(self, **params: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/v1/trash", params=params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def entry(self, path: str = "") -> dict[str, Any]:
        """The newest entry, or that of ``path`` below the namespace."""
        return next(
            one for one in await self.trash() if not path or one["path"] == f"{self.name}{path}"
        )

    async def restore(self, entry: dict[str, Any], **body: str) -> httpx.Response:
        return await self.http.post(f"/api/v1/trash/{entry['id']}/restore", json=body or None)

    async def restored(self, entry: dict[str, Any], **body: str) -> dict[str, Any]:
        """Restore an entry, and return the answer when all is done."""
        answer = await self.restore(entry, **body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def tags(self, repository: str) -> dict[str, dict[str, Any]]:
        listed = await self.http.get(
            f"/api/v1/images/{self.name}/{repository}", params={"limit": "200"}
        )
        return {item["tag"]: item for item in listed.json()["items"]}

    def pulls(self, repository: str, reference: str, content: Image | Index | Blob) -> bool:
        """Return whether manifest, children, configs, and layers are pulled byte for byte."""
        path = f"{self.name}/{repository}"
        manifest = content if isinstance(content, Blob) else content.manifest
        images: tuple[Image, ...] = ()
        if isinstance(content, Index):
            images = content.images
        elif isinstance(content, Image):
            images = (content,)
        expected = {f"manifests/{reference}": manifest}
        for image in images:
            expected[f"manifests/{image.manifest.digest}"] = image.manifest
            expected |= {f"blobs/{blob.digest}": blob for blob in image.blobs}
        with self.registry.client(path, "moorage:catalog") as http:
            for place, blob in expected.items():
                answer = http.get(
                    f"/v2/{path}/{place}", headers={"Accept": blob.media_type + ", */*"}
                )
                if answer.status_code != 200 or answer.content != blob.content:
                    return False
        return True
