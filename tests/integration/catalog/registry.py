"""A real Distribution for the tests of the feed.

Tests push to it, and deliver its events late, twice, or in any order.
"""

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from libs.common.security.jwt import SigningKey
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import MEDIA_TYPES, Blob, Image, Index
from tests.kit.poison import Poison
from tests.kit.servers.service import Service
from tests.kit.waiting import eventually

Event = dict[str, Any]
_ACCEPT = {"Accept": ", ".join(name for types in MEDIA_TYPES.values() for name in types.values())}


@dataclass(frozen=True, slots=True)
class RegistryUnderTest:
    """The registry, a key that it trusts, and the webhook receiver that keeps its events."""

    url: str
    storage: Path
    key: SigningKey
    webhook: Service

    def push(
        self, content: Image | Index, repository: str, *tags: str, by: str = "alice"
    ) -> list[Event]:
        """Push as clients do; return the events that the registry reported."""
        before = len(self._events("push"))
        with self.client(repository, by) as http:
            for image in content.images if isinstance(content, Index) else (content,):
                for blob in image.blobs:
                    self._upload(http, repository, blob)
                if isinstance(content, Index):
                    self.put(http, repository, image.manifest, image.manifest.digest)
            for tag in tags or (content.manifest.digest,):
                self.put(http, repository, content.manifest, tag)
        children = len(content.images) if isinstance(content, Index) else 0
        return self._pushed(before, children + max(1, len(tags)))

    def push_many(self, images: list[Image], repository: str) -> None:
        """Push images that share their blobs as the tags v0, v1, and so on."""
        with self.client(repository, "alice") as http:
            for blob in images[0].blobs:
                self._upload(http, repository, blob)
            for number, image in enumerate(images):
                self.put(http, repository, image.manifest, f"v{number}")

    def push_artifact(
        self, manifest: Blob, blobs: list[Blob], repository: str, tag: str
    ) -> list[Event]:
        """Push any manifest with its blobs; return the events."""
        before = len(self._events("push"))
        with self.client(repository, "alice") as http:
            for blob in blobs:
                self._upload(http, repository, blob)
            self.put(http, repository, manifest, tag)
        return self._pushed(before, 1)

    def push_poison(self, poison: Poison, repository: str, tag: str) -> list[Event]:
        """Push poison; return the events, or none if the registry refuses the manifest."""
        before = len(self._events("push"))
        with self.client(repository, "mallory") as http:
            for blob in poison.blobs:
                self._upload(http, repository, blob)
            for child in poison.children:
                self.put(http, repository, child, child.digest)
            answer = http.put(
                f"/v2/{repository}/manifests/{tag}",
                content=poison.manifest.content,
                headers={"Content-Type": poison.manifest.media_type},
            )
            for blob in poison.deleted:
                http.delete(f"/v2/{repository}/blobs/{blob.digest}").raise_for_status()
        pushed = self._pushed(before, len(poison.children) + answer.is_success)
        return pushed if answer.is_success else []

    def delete(self, repository: str, digest: str) -> list[Event]:
        """Delete a manifest by digest; return the first events.

        The registry can report a deletion for each tag later.
        """

        def reported() -> list[Event]:
            return [
                e
                for e in self._events("delete")
                if (e["target"]["repository"], e["target"].get("digest")) == (repository, digest)
            ]

        before = len(reported())
        with self.client(repository, "moorage:catalog") as http:
            http.delete(f"/v2/{repository}/manifests/{digest}").raise_for_status()
        return eventually(
            reported, lambda seen: len(seen) > before, within=10, what="the deletion's event"
        )[before:]

    def status(self, repository: str, reference: str) -> int:
        """Return the status of a GET of the manifest."""
        with self.client(repository, "moorage:catalog") as http:
            return http.get(f"/v2/{repository}/manifests/{reference}", headers=_ACCEPT).status_code

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that a tag names."""
        with self.client(repository) as http:
            answer = http.head(f"/v2/{repository}/manifests/{tag}", headers=_ACCEPT)
        return answer.raise_for_status().headers["Docker-Content-Digest"]

    def blob_status(self, repository: str, digest: str) -> int:
        """Return the status of a HEAD of the blob."""
        with self.client(repository, "moorage:catalog") as http:
            return http.head(f"/v2/{repository}/blobs/{digest}").status_code

    def present(self, repository: str, digests: list[str]) -> list[str]:
        """Return those manifests that the registry has."""
        with self.client(repository, "moorage:catalog") as http:
            return [
                digest
                for digest in digests
                if http.head(f"/v2/{repository}/manifests/{digest}", headers=_ACCEPT).status_code
                == 200
            ]

    def tags(self, repository: str) -> list[str]:
        """Return the tags of the repository; none if it does not exist."""
        with self.client(repository, "moorage:catalog") as http:
            answer = http.get(f"/v2/{repository}/tags/list")
        return sorted(answer.json()["tags"] or []) if answer.status_code == 200 else []

    def tag_link(self, repository: str, tag: str) -> Path:
        """Return the file with the digest of a tag."""
        return self._manifests(repository) / "tags" / tag / "current/link"

    def revision_link(self, repository: str, digest: str) -> Path:
        """Return the file that links a manifest to the repository."""
        return self._manifests(repository) / "revisions" / digest.replace(":", "/") / "link"

    def layer_link(self, repository: str, digest: str) -> Path:
        """Return the file that links a blob to the repository."""
        layers = self.storage / "docker/registry/v2/repositories" / repository / "_layers"
        return layers / digest.replace(":", "/") / "link"

    def blob_file(self, digest: str) -> Path:
        """Return the file with the bytes of a blob or a manifest."""
        value = digest.removeprefix("sha256:")
        return self.storage / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"

    def _manifests(self, repository: str) -> Path:
        return self.storage / "docker/registry/v2/repositories" / repository / "_manifests"

    @staticmethod
    def put(http: httpx.Client, repository: str, manifest: Blob, reference: str) -> None:
        """Put a manifest by tag or by digest."""
        path = f"/v2/{repository}/manifests/{reference}"
        http.put(
            path, content=manifest.content, headers={"Content-Type": manifest.media_type}
        ).raise_for_status()

    def upload(self, repository: str, *blobs: Blob) -> None:
        """Upload blobs without a manifest."""
        with self.client(repository, "alice") as http:
            for blob in blobs:
                self._upload(http, repository, blob)

    def upload_as(self, repository: str, blob: Blob, digest: str) -> None:
        """Upload a blob under a digest of another algorithm."""
        with self.client(repository, "alice") as http:
            self._upload(http, repository, blob, digest)

    def _upload(
        self, http: httpx.Client, repository: str, blob: Blob, digest: str | None = None
    ) -> None:
        opened = http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
        location = httpx.URL(opened.headers["Location"]).copy_merge_params(
            {"digest": digest or blob.digest}
        )
        http.put(
            location, content=blob.content, headers={"Content-Type": "application/octet-stream"}
        ).raise_for_status()

    def client(self, repository: str, by: str = "moorage:catalog") -> httpx.Client:
        """Return a client of the registry with a token for the repository."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": self.authorization(repository, by=by)},
            trust_env=False,
            timeout=30,
        )

    def authorization(self, *repositories: str, by: str = "alice") -> str:
        """Return the header of a request that may do everything in these repositories."""
        scopes = [f"repository:{repository}:pull,push,delete" for repository in repositories]
        return f"Bearer {sign_registry_token(self.key, by, *scopes)}"

    def _events(self, action: str) -> list[Event]:
        bodies = [json.loads(seen["body"]) for seen in list(self.webhook.received)]
        return [event for body in bodies for event in body["events"] if event["action"] == action]

    def _pushed(self, before: int, count: int) -> list[Event]:
        events = eventually(
            lambda: self._events("push"),
            lambda seen: len(seen) >= before + count,
            within=10,
            what=f"{count} pushes",
        )
        return events[before:]


async def deliver(database: Database, *events: Event) -> None:
    """Store each event in its own transaction, as the events service does; notify the catalog."""
    connection = await asyncpg.connect(database.urls["events"])
    try:
        for event in events:
            await connection.execute(INSERT, *row_of(event))
        await connection.execute("NOTIFY moorage_feed")
    finally:
        await connection.close()


INSERT = """
    INSERT INTO events.inbox
      (event_id, at_ns, action, method, request_id, repository, tag, digest, media_type,
       docker_user, address, user_agent)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


def row_of(event: Event) -> tuple[object, ...]:
    """Return the columns of the inbox for an event."""
    target, request = event["target"], event["request"]
    return (
        # The inbox rejects a duplicate id. Tests of the feed deliver duplicates under new ids.
        str(uuid.uuid4()),
        _nanoseconds(event["timestamp"]),
        event["action"],
        request["method"],
        request["id"],
        target["repository"],
        target.get("tag") or None,
        target.get("digest") or None,
        target.get("mediaType") or None,
        event["actor"].get("name", ""),
        request["addr"].rpartition(":")[0],
        request["useragent"],
    )


def _nanoseconds(timestamp: str) -> int:
    whole, fraction = re.fullmatch(r"(.*)\.(\d+)Z", timestamp).groups()  # type: ignore[union-attr]
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0")[:9])


def at(event: Event) -> str:
    """Return the event's time in the format of the API."""
    moment = datetime.fromtimestamp(_nanoseconds(event["timestamp"]) // 1000 / 10**6, UTC)
    return moment.isoformat().replace("+00:00", "Z")
