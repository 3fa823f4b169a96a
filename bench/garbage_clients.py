"""Eight clients that push, mount, push condemned layers again, and pull through the gateway."""

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from urllib.parse import quote

from bench import pusher
from bench.client import Connection, Response
from bench.stored import PREFIX, REPOSITORIES, Layer, Stored, Tag, digest_of, make_manifest
from bench.token import basic
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image

CLIENTS = 8
PULLED = 40
"""The images that the clients pull. Each has three layers."""
_PULLED = f"{PREFIX}pulled"
_ACCEPT = {"Accept": ", ".join(MEDIA_TYPES[kind]["manifest"] for kind in ("oci", "docker"))}
_AGENT = {"User-Agent": "moorage-bench"}
_APART = REPOSITORIES
"""The distance of two layers of the same repository in the list of garbage."""
_SERVICE = "moorage"


class Refused(Exception):
    """The registry answered with an error, or with wrong content."""


class Clients:
    """Sends requests until stopped, and keeps the time of each action by its kind.

    ``tags`` are those that were pushed, and ``uploaded`` the digests of all uploaded blobs.
    ``failures`` are the reasons of the actions that failed.
    """

    def __init__(self, port: int, stored: Stored) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.tags: list[Tag] = []
        self.uploaded: set[str] = set()
        self.reused: dict[str, int] = defaultdict(int)
        self._port = port
        self._stored = stored
        self._pulled: Sequence[Image] = ()
        self._number = 0

    async def prepare(self) -> None:
        """Push the images that are pulled."""
        self._pulled = pusher.make_images(PULLED)
        for image in self._pulled:
            await self._push_image(image, _PULLED)

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Let all clients act until ``is_over`` returns true. The times begin anew."""
        self.times.clear()
        await asyncio.gather(*(self._act(number, is_over) for number in range(CLIENTS)))

    async def _act(self, number: int, is_over: Callable[[], bool]) -> None:
        actions = [self._push, self._mount, self._push_again, self._pull]
        place = number
        while not is_over():
            action = actions[place % len(actions)]
            place += 1
            kind = action.__name__.strip("_")
            try:
                self.times[kind].append(await action(number))
            except (Refused, RuntimeError, OSError, EOFError) as error:
                self.failures.append(f"{kind}: {error}")

    async def _push(self, client: int) -> float:
        image = make_image(kind="docker", layers=pusher.LAYERS)
        started = time.perf_counter()
        await self._push_image(image, f"{PREFIX}pushed-{client}")
        return time.perf_counter() - started

    async def _push_image(self, image: Image, repository: str) -> None:
        await pusher.push(self._port, image, repository, service=_SERVICE, basic=basic())
        self.uploaded |= {blob.digest for blob in (image.manifest, *image.blobs)}
        self.tags.append(Tag(repository, pusher.tag_of(image), image.manifest.digest))

    async def _pull(self, client: int) -> float:
        image = random.choice(self._pulled)
        started = time.perf_counter()
        async with Connection(self._port) as connection:
            bearer = await _token(connection, f"repository:{_PULLED}:pull")
            path = f"/v2/{_PULLED}/manifests/{pusher.tag_of(image)}"
            answer = await connection.exchange("GET", path, bearer | _ACCEPT)
            _check_content(_expect(answer, 200), image.manifest.digest)
            for blob in image.blobs:
                path = f"/v2/{_PULLED}/blobs/{blob.digest}"
                answer = await connection.exchange("GET", path, bearer)
                _check_content(_expect(answer, 200), blob.digest)
        return time.perf_counter() - started

    async def _push_again(self, client: int) -> float:
        """Push an image whose layers are garbage, in the repository that links them."""
        garbage = self._stored.garbage
        place = random.randrange(len(garbage) - _APART)
        first, second = garbage[place], garbage[place + _APART]
        assert first.repository == second.repository
        layers = [first.blob, second.blob]
        started = time.perf_counter()
        async with Connection(self._port) as connection:
            bearer = await _token(connection, f"repository:{first.repository}:pull,push")
            for layer in layers:
                path = f"/v2/{first.repository}/blobs/{layer.digest}"
                answer = await connection.exchange("HEAD", path, bearer)
                self.reused[f"HEAD {answer.status}"] += 1
                if answer.status == 404:
                    await self._upload(connection, layer, first.repository, bearer)
                else:
                    _expect(answer, 200)
            await self._push_manifest(connection, layers, first.repository, bearer)
        return time.perf_counter() - started

    async def _mount(self, client: int) -> float:
        """Mount a live layer and a condemned one from another repository."""
        repository = f"{PREFIX}mounted-{client}"
        sources: list[Layer] = [
            random.choice(self._stored.live),
            random.choice(self._stored.garbage),
        ]
        started = time.perf_counter()
        async with Connection(self._port) as connection:
            scopes = [f"repository:{repository}:pull,push"]
            scopes += [f"repository:{one.repository}:pull" for one in sources]
            bearer = await _token(connection, *scopes)
            for source in sources:
                path = (
                    f"/v2/{repository}/blobs/uploads/?mount={quote(source.blob.digest)}"
                    f"&from={source.repository}"
                )
                answer = await connection.exchange("POST", path, bearer)
                self.reused[f"mount {answer.status}"] += 1
                if answer.status == 202:
                    await self._complete(connection, answer, source.blob, bearer)
                else:
                    _expect(answer, 201)
            layers = [source.blob for source in sources]
            await self._push_manifest(connection, layers, repository, bearer)
        return time.perf_counter() - started

    async def _push_manifest(
        self,
        connection: Connection,
        layers: Sequence[Blob],
        repository: str,
        bearer: dict[str, str],
    ) -> None:
        self._number += 1
        config = make_image().config
        await self._upload(connection, config, repository, bearer)
        manifest = make_manifest(config, layers)
        tag = f"again-{self._number}"
        path = f"/v2/{repository}/manifests/{tag}"
        headers = bearer | {"Content-Type": manifest.media_type}
        _expect(await connection.exchange("PUT", path, headers, manifest.content), 201)
        self.uploaded.add(manifest.digest)
        self.tags.append(Tag(repository, tag, manifest.digest))

    async def _upload(
        self, connection: Connection, blob: Blob, repository: str, bearer: dict[str, str]
    ) -> None:
        path = f"/v2/{repository}/blobs/uploads/"
        opened = _expect(await connection.exchange("POST", path, bearer), 202)
        await self._complete(connection, opened, blob, bearer)

    async def _complete(
        self, connection: Connection, opened: Response, blob: Blob, bearer: dict[str, str]
    ) -> None:
        octets = bearer | {"Content-Type": "application/octet-stream"}
        path = f"{opened.headers['location']}&digest={quote(blob.digest)}"
        _expect(await connection.exchange("PUT", path, octets, blob.content), 201)
        self.uploaded.add(blob.digest)


async def pull_all(port: int, tags: Sequence[Tag]) -> list[str]:
    """Pull all tags with eight clients, and return what is wrong with them.

    A blob is pulled once from each repository.
    """
    wrong: list[str] = []
    seen: set[tuple[str, str]] = set()
    waiting = iter(tags)

    async def pull_again() -> None:
        for tag in waiting:
            try:
                async with Connection(port) as connection:
                    await _pull_tag(connection, tag, seen)
            except (Refused, OSError, EOFError) as error:
                wrong.append(f"{tag.repository}:{tag.name}: {error}")

    await asyncio.gather(*(pull_again() for _ in range(CLIENTS)))
    return wrong


async def _pull_tag(connection: Connection, tag: Tag, seen: set[tuple[str, str]]) -> None:
    bearer = await _token(connection, f"repository:{tag.repository}:pull")
    path = f"/v2/{tag.repository}/manifests/{tag.name}"
    answer = await connection.exchange("GET", path, bearer | _ACCEPT)
    _check_content(_expect(answer, 200), tag.manifest)
    manifest = json.loads(answer.body)
    for descriptor in (manifest["config"], *manifest["layers"]):
        digest = descriptor["digest"]
        if (tag.repository, digest) in seen:
            continue
        seen.add((tag.repository, digest))
        path = f"/v2/{tag.repository}/blobs/{digest}"
        answer = await connection.exchange("GET", path, bearer)
        _check_content(_expect(answer, 200), digest)


async def _token(connection: Connection, *scopes: str) -> dict[str, str]:
    """Return the headers of requests with a new token."""
    query = "&".join(f"scope={quote(scope)}" for scope in scopes)
    path = f"/token?service={_SERVICE}&{query}"
    answer = _expect(await connection.exchange("GET", path, _AGENT | basic()), 200)
    return _AGENT | {"Authorization": f"Bearer {json.loads(answer.body)['token']}"}


def _expect(answer: Response, status: int) -> Response:
    if answer.status != status:
        raise Refused(f"status {answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer


def _check_content(answer: Response, digest: str) -> None:
    if digest_of(answer.body) != digest:
        raise Refused(
            f"{digest} has other content: {len(answer.body)} bytes, {answer.body[:100]!r},"
            f" {answer.headers}"
        )
