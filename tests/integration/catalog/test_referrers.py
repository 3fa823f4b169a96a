"""The list of referrers that Docker clients request (OCI distribution spec 1.1)."""

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.referrers.queries import list_candidates
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import EMPTY
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_manifest

pytestmark = pytest.mark.registry_versions

INDEX = MEDIA_TYPES["oci"]["index"]
SBOM = "application/spdx+json"


class Repository:
    """A repository of a private namespace, as a Docker client sees it."""

    def __init__(
        self, path: str, http: httpx.AsyncClient, registry: RegistryUnderTest, pusher: Pusher
    ) -> None:
        self.path = path
        self.http = http
        self.registry = registry
        self.pusher = pusher

    async def attach(
        self, subject: Blob | str | None, **fields: Any
    ) -> tuple[Blob, httpx.Response]:
        """Push a manifest with a subject."""
        manifest = referrer(subject, **fields)
        self.pusher.upload(self.path, EMPTY)
        answer = await self.pusher.put(self.path, manifest.digest, manifest)
        assert answer.status_code == 201, answer.text
        return manifest, answer

    async def request(
        self, digest: str, *, method: str = "GET", actions: str | None = "pull", **params: str
    ) -> httpx.Response:
        return await self.get(
            f"/v2/{self.path}/referrers/{digest}", method=method, actions=actions, **params
        )

    async def get(
        self, path: str, *, method: str = "GET", actions: str | None = "pull", **params: str
    ) -> httpx.Response:
        headers = {}
        if actions is not None:
            token = sign_registry_token(
                self.registry.key, "alice", f"repository:{self.path}:{actions}"
            )
            headers["Authorization"] = f"Bearer {token}"
        return await self.http.request(method, path, params=params or None, headers=headers)

    async def referrers(self, digest: str, **params: str) -> list[dict[str, Any]]:
        answer = await self.request(digest, **params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == INDEX
        body = answer.json()
        assert (body["schemaVersion"], body["mediaType"]) == (2, INDEX)
        found: list[dict[str, Any]] = body["manifests"]
        return found


def referrer(subject: Blob | str | None, **fields: Any) -> Blob:
    defaults: dict[str, Any] = {"config": EMPTY.descriptor(), "layers": [EMPTY.descriptor()]}
    if isinstance(subject, Blob):
        defaults["subject"] = subject.descriptor()
    elif subject is not None:
        defaults["subject"] = {"mediaType": INDEX, "digest": subject, "size": 7}
    return make_manifest(**{**defaults, **fields})


def fallback_index(*entries: dict[str, Any]) -> Blob:
    value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)}
    return Blob(INDEX, json.dumps(value).encode())


@pytest.fixture
async def app_repository(
    space: str, anonymous: httpx.AsyncClient, registry: RegistryUnderTest, pusher: Pusher
) -> Repository:
    return Repository(f"{space}/app", anonymous, registry, pusher)


MISSING = "sha256:" + "d" * 64


async def test_referrers_are_listed_with_type_and_annotations(app_repository: Repository) -> None:
    repository = app_repository
    sbom, answer = await repository.attach(
        MISSING, artifactType=SBOM, annotations={"org.example": "yes", "text": "a\nb"}
    )
    assert answer.headers["OCI-Subject"] == MISSING
    signature, _ = await repository.attach(MISSING)
    (first, second) = sorted((sbom, signature), key=lambda one: one.digest)
    found = await repository.referrers(MISSING)
    assert [one["digest"] for one in found] == [first.digest, second.digest]
    by_digest = {one["digest"]: one for one in found}
    assert by_digest[sbom.digest] == sbom.descriptor(
        artifactType=SBOM, annotations={"org.example": "yes", "text": "a\nb"}
    )
    assert by_digest[signature.digest] == signature.descriptor(artifactType=EMPTY.media_type)
    head = await repository.request(MISSING, method="HEAD")
    assert (head.status_code, head.headers["Content-Type"]) == (200, INDEX)


async def test_artifact_type_of_an_image_with_a_subject_is_that_of_its_config(
    app_repository: Repository,
) -> None:
    repository = app_repository
    image = make_image()
    repository.pusher.upload(repository.path, *image.blobs)
    value = json.loads(image.manifest.content)
    value["subject"] = {"mediaType": INDEX, "digest": MISSING, "size": 7}
    manifest = Blob(image.manifest.media_type, json.dumps(value).encode())
    assert (await repository.pusher.put(repository.path, "v1", manifest)).status_code == 201
    (found,) = await repository.referrers(MISSING)
    assert found["artifactType"] == MEDIA_TYPES["oci"]["config"]


async def test_index_is_a_referrer_without_artifact_type(app_repository: Repository) -> None:
    repository = app_repository
    value = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [],
        "subject": {"mediaType": INDEX, "digest": MISSING, "size": 7},
    }
    manifest = Blob(INDEX, json.dumps(value).encode())
    answer = await repository.pusher.put(repository.path, manifest.digest, manifest)
    assert (answer.status_code, answer.headers["OCI-Subject"]) == (201, MISSING)
    assert await repository.referrers(MISSING) == [manifest.descriptor()]


async def test_referrers_are_filtered_by_artifact_type(app_repository: Repository) -> None:
    repository = app_repository
    sbom, _ = await repository.attach(MISSING, artifactType=SBOM)
    await repository.attach(MISSING, artifactType="application/vnd.example.signature")
    answer = await repository.request(MISSING, artifactType=SBOM)
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    assert [one["digest"] for one in answer.json()["manifests"]] == [sbom.digest]
    assert "OCI-Filters-Applied" not in (await repository.request(MISSING)).headers


@pytest.mark.parametrize("artifact_type", [None, SBOM])
async def test_pages_of_referrers_are_linked(
    app_repository: Repository, artifact_type: str | None
) -> None:
    repository = app_repository
    pushed = set()
    for number in range(5):
        manifest, _ = await repository.attach(
            MISSING, artifactType=SBOM, annotations={"n": str(number)}
        )
        pushed.add(manifest.digest)
        await repository.attach(MISSING, artifactType="a/b", annotations={"n": str(number)})
    params = {"artifactType": artifact_type} if artifact_type else {}
    answer = await repository.request(MISSING, n="2", **params)
    seen: list[str] = []
    pages = 0
    while True:
        assert answer.status_code == 200, answer.text
        page = [one["digest"] for one in answer.json()["manifests"]]
        assert len(page) <= 2
        seen += page
        pages += 1
        link = answer.links.get("next")
        if link is None:
            break
        answer = await repository.get(link["url"])
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == (5 if artifact_type else 10)
    assert pushed <= set(seen)
    assert pages == (3 if artifact_type else 5)


async def test_unknown_digests_and_repositories_have_no_referrers(
    app_repository: Repository,
) -> None:
    assert await app_repository.referrers(MISSING) == []  # the repository does not exist
    await app_repository.pusher.push(make_image(), app_repository.path, "v1")
    assert await app_repository.referrers(MISSING) == []


@pytest.mark.parametrize("digest", ["v1", "sha256:" + "A" * 64, "sha256:abc", "md5:" + "a" * 32])
async def test_malformed_digest_is_refused(app_repository: Repository, digest: str) -> None:
    answer = await app_repository.request(digest)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("n", ["0", "-1", "x", "1.5", ""])
async def test_page_size_must_be_a_positive_number(app_repository: Repository, n: str) -> None:
    answer = await app_repository.request(MISSING, n=n)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "PAGINATION_NUMBER_INVALID"


async def test_list_needs_a_token_with_pull(app_repository: Repository) -> None:
    for actions in (None, "push"):
        answer = await app_repository.request(MISSING, actions=actions)
        assert answer.status_code == 401
        scope = f'scope="repository:{app_repository.path}:pull"'
        assert scope in answer.headers["WWW-Authenticate"]


async def test_referrer_from_before_the_list_is_read_from_the_registry(
    app_repository: Repository, emptied: Database
) -> None:
    repository = app_repository
    kept, _ = await repository.attach(MISSING, artifactType=SBOM, annotations={"a": "b"})
    await repository.attach(MISSING, artifactType="a/b")
    await emptied.execute("UPDATE catalog.manifests SET descriptor = NULL")
    expected = [kept.descriptor(artifactType=SBOM, annotations={"a": "b"})]
    assert await repository.referrers(MISSING, artifactType=SBOM) == expected
    unread = await emptied.fetch("SELECT FROM catalog.manifests WHERE descriptor IS NULL")
    assert unread == []


async def test_request_reads_a_part_of_many_unknown_referrers(
    app_repository: Repository, emptied: Database
) -> None:
    """The page ends early, and links to the next one."""
    repository = app_repository
    kept, _ = await repository.attach(MISSING, artifactType=SBOM)
    await emptied.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, subject, size_bytes, pushed_at, pushed_by)"
        " SELECT r.id, 'sha256:' || encode(sha256(n::text::bytea), 'hex'), 'a/b', $1, 1, now(), ''"
        " FROM catalog.repositories r, generate_series(1, 450) AS n",
        MISSING,
    )
    pages: list[list[str]] = []
    params = {"artifactType": SBOM}
    while True:
        answer = await repository.request(MISSING, **params)
        pages.append([one["digest"] for one in answer.json()["manifests"]])
        if "next" not in answer.links:
            break
        params = dict(httpx.URL(answer.links["next"]["url"]).params)
    assert len(pages) > 1
    assert [digest for page in pages for digest in page] == [kept.digest]


async def test_fallback_tag_of_an_older_client_is_merged(app_repository: Repository) -> None:
    repository = app_repository
    image = make_image()
    digest = image.manifest.digest
    await repository.pusher.push(image, repository.path, "v1")
    named, _ = await repository.attach(
        image.manifest, artifactType=SBOM, annotations={"a": "manifest"}
    )
    without, _ = await repository.attach(None, artifactType="a/b")
    foreign, _ = await repository.attach(MISSING, artifactType="c/d")
    index = fallback_index(
        named.descriptor(annotations={"a": "index", "b": "index"}),
        without.descriptor(artifactType="x/y", annotations={"c": "index"}),
        foreign.descriptor(),
    )
    tag = digest.replace(":", "-")
    assert (await repository.pusher.put(repository.path, tag, index)).status_code == 201
    found = {one["digest"]: one for one in await repository.referrers(digest)}
    assert found == {
        named.digest: named.descriptor(
            artifactType=SBOM, annotations={"a": "manifest", "b": "index"}
        ),
        without.digest: without.descriptor(artifactType="a/b", annotations={"c": "index"}),
    }
    assert [one["digest"] for one in await repository.referrers(digest, artifactType="a/b")] == [
        without.digest
    ]
    assert tag in repository.registry.tags(repository.path)  # it can be pulled as before
    assert repository.registry.status(repository.path, tag) == 200


async def test_manifest_that_the_registry_cannot_read_is_left_out(
    app_repository: Repository, emptied: Database
) -> None:
    repository = app_repository
    damaged, _ = await repository.attach(MISSING, artifactType=SBOM)
    other, _ = await repository.attach(MISSING, artifactType="a/b")
    await emptied.execute("UPDATE catalog.manifests SET descriptor = NULL")
    repository.registry.revision_link(repository.path, damaged.digest).write_text("")
    assert [one["digest"] for one in await repository.referrers(MISSING)] == [other.digest]


@pytest.mark.parametrize("params", [{"artifactType": "a\0b"}, {"last": "\0"}])
async def test_nul_in_the_query_is_no_error(
    app_repository: Repository, params: dict[str, str]
) -> None:
    await app_repository.attach(MISSING, artifactType="ab")
    found = await app_repository.referrers(MISSING, **params)
    assert len(found) == ("last" in params)


async def test_large_fallback_index_is_not_parsed_for_annotations(
    app_repository: Repository,
) -> None:
    """To parse it for each request would take seconds, in which nobody can push."""
    repository = app_repository
    image = make_image()
    await repository.pusher.push(image, repository.path, "v1")
    listed, _ = await repository.attach(None, artifactType=SBOM, annotations={"own": "yes"})
    many = {f"{number:06}": "" for number in range(100_000)}
    index = fallback_index(listed.descriptor(annotations=many))
    tag = image.manifest.digest.replace(":", "-")
    assert (await repository.pusher.put(repository.path, tag, index)).status_code == 201
    expected = listed.descriptor(artifactType=SBOM, annotations={"own": "yes"})
    assert await repository.referrers(image.manifest.digest) == [expected]


async def test_filter_reads_only_referrers_of_the_type(
    app_repository: Repository, emptied: Database, engine: AsyncEngine
) -> None:
    subject = "sha256:" + "e" * 64
    await app_repository.attach(subject, artifactType=SBOM)
    await emptied.execute(
        "INSERT INTO catalog.manifests (repository_id, digest, media_type, subject, size_bytes,"
        " platforms, layers, labels, pushed_at, pushed_by, descriptor)"
        " SELECT m.repository_id, 'sha256:' || lpad(i::text, 64, '0'), m.media_type, m.subject, 1,"
        " '[]', '[]', '{}', now(), 'a', jsonb_build_object("
        "   'digest', 'sha256:' || lpad(i::text, 64, '0'), 'artifactType', 'a/b',"
        "   'annotations', jsonb_build_object('a', repeat('a', 500)))"
        " FROM catalog.manifests m, generate_series(1, 3000) AS i WHERE m.subject = $1",
        subject,
    )
    await emptied.execute("ANALYZE catalog.manifests")
    async with engine.connect() as tx:
        found = await list_candidates(
            tx,
            repository=app_repository.path,
            digest=subject,
            artifact_type=SBOM,
            after="",
            limit=100,
        )
        assert len(found) == 1
        rows = await tx.execute(
            sa.text(
                "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
                " FROM pg_stat_xact_user_tables WHERE relid = 'catalog.manifests'::regclass"
            )
        )
        assert rows.scalar_one() < 100
