"""What is special about S3: deletions that expire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from obstore.store import S3Store

from libs.common.storage.layout import blob_data
from libs.common.storage.s3 import S3Storage
from libs.common.storage.s3_deletion import EXPIRY_SECONDS, URL_SECONDS, Outcome, SignedDeletions
from libs.common.storage.store import EntryKind, Storage, StorageUnavailable, SweepEnded
from tests.integration.storage.place import Place, allow, new_name, open_s3
from tests.kit.servers.object_storage import ObjectStorage


@pytest.fixture
async def place(s3: ObjectStorage) -> AsyncIterator[Place]:
    """A storage in a folder of the bucket where no Distribution is."""
    storage = open_s3(s3, "alone")
    yield Place(storage, s3.files / "alone", "")
    await storage.close()


@pytest.fixture
async def another(s3: ObjectStorage) -> AsyncIterator[Storage]:
    """The same storage in another process."""
    storage = open_s3(s3, "alone")
    yield storage
    await storage.close()


async def test_server_refuses_a_deletion_that_is_sent_too_late(
    s3: ObjectStorage, place: Place
) -> None:
    access, secret = s3.access_key
    store = S3Store(
        s3.bucket,
        prefix="alone",
        region=s3.region,
        endpoint=s3.endpoint,
        access_key_id=access,
        secret_access_key=secret,
        client_options={"allow_http": True},
    )
    deletions = SignedDeletions(store)
    in_time, late = place.put_blob(), place.put_blob()
    urls = await deletions.sign([blob_data(in_time), blob_data(late)])

    assert await deletions.send(urls[:1]) == [Outcome.DELETED]
    await asyncio.sleep(URL_SECONDS + 1)
    assert await deletions.send(urls[1:]) == [Outcome.REFUSED]

    assert not place.has_blob(in_time)
    assert place.has_blob(late)
    await deletions.close()


async def test_deleter_deletes_nothing_after_another_process_has_ended_the_sweep(
    place: Place, another: Storage
) -> None:
    digests = [place.put_blob() for _ in range(3)]
    sweep = await place.storage.prepare_sweep()

    async def stopped() -> None:
        await another.end_sweep(sweep)

    with pytest.raises(SweepEnded, match="S3 refuses"):
        await place.storage.delete_blobs(sweep, digests, check=stopped)

    assert all(place.has_blob(digest) for digest in digests)


async def test_end_waits_for_deletions_of_other_processes_only(
    place: Place, another: Storage
) -> None:
    digest = place.put_blob()
    own, others = await place.storage.prepare_sweep(), await another.prepare_sweep()
    await place.storage.delete_blobs(own, [digest], check=allow)

    begun = time.monotonic()
    await place.storage.end_sweep(own)
    assert time.monotonic() - begun < 1
    await place.storage.end_sweep(others)
    assert time.monotonic() - begun >= EXPIRY_SECONDS


async def test_process_deletes_only_in_its_own_sweep(place: Place, another: Storage) -> None:
    digest = place.put_blob()
    sweep = await another.prepare_sweep()

    with pytest.raises(SweepEnded):
        await place.storage.delete_blobs(sweep, [digest], check=allow)

    assert place.has_blob(digest)


async def test_listing_of_a_large_repository_takes_several_pages(place: Place) -> None:
    name = new_name()
    wanted = {f"sha256:{number:064x}" for number in range(1500)}
    for digest in wanted:
        link = place.repository(name) / "_layers/sha256" / digest[7:] / "link"
        link.parent.mkdir(parents=True)
        link.write_text(digest)

    listing = (await place.list_repositories())[name]

    assert {(one.kind, one.name) for one in listing.entries} == {
        (EntryKind.LAYER, digest) for digest in wanted
    }


async def test_object_with_an_invalid_path_ends_the_listing(s3: ObjectStorage) -> None:
    storage = open_s3(s3, "invalid")
    place = Place(storage, s3.files / "invalid", "")
    file = place.repository("team") / "line\nbreak/_layers/notes.txt"
    file.parent.mkdir(parents=True)
    file.write_text("any")

    with pytest.raises(StorageUnavailable, match=r"invalid path: .*/team/line\s*break"):
        await place.list_repositories()

    await storage.close()


async def test_storage_whose_server_does_not_answer_is_unavailable() -> None:
    storage = S3Storage(
        "images",
        region="us-east-1",
        endpoint="http://127.0.0.1:9",
        access_key=("any", "any"),
        path_style=True,
    )
    place, digest = Place(storage, None, ""), f"sha256:{'0' * 64}"  # type: ignore[arg-type]

    for call in (
        place.list_blobs(),
        place.list_repositories(),
        storage.read_blob(digest, limit=10),
        storage.prepare_sweep(),
        storage.link_layers("team/app", [digest]),
    ):
        with pytest.raises(StorageUnavailable):
            await call
    await storage.close()


async def test_sweep_needs_equal_clocks() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 404 Not Found\r\nDate: Fri, 01 Jan 2021 00:00:00 GMT\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    storage = S3Storage(
        "images",
        region="us-east-1",
        endpoint=f"http://127.0.0.1:{port}",
        access_key=("any", "any"),
        path_style=True,
    )

    with pytest.raises(StorageUnavailable, match="the clocks of this machine and of S3 differ"):
        await storage.prepare_sweep()

    await storage.close()
    server.close()
    await server.wait_closed()
