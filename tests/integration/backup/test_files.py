"""Files are written as a whole or not at all, in a folder and in a bucket."""

from collections.abc import AsyncIterator

import pytest

from ops.backup.transport.files import Files, read_whole, write_whole
from tests.integration.backup.conftest import content_of

_MIB = 1 << 20


async def _parts(mebibytes: int, *, fails: bool = False) -> AsyncIterator[bytes]:
    for number in range(mebibytes):
        yield bytes([number % 256]) * _MIB
    if fails:
        raise ValueError("the source is damaged")


@pytest.mark.parametrize("mebibytes", [1, 40])
async def test_file_whose_source_fails_is_not_written(place: Files, mebibytes: int) -> None:
    """40 MiB are a multipart upload."""
    with pytest.raises(ValueError, match="the source is damaged"):
        await place.write("a/b", _parts(mebibytes, fails=True))
    assert await place.find_size("a/b") is None
    assert await read_whole(place, "a/b") is None
    assert await content_of(place) == {}


async def test_large_file_is_read_as_it_was_written(place: Files) -> None:
    await place.write("a/b", _parts(40))
    assert await place.find_size("a/b") == 40 * _MIB
    assert await read_whole(place, "a/b") == b"".join([part async for part in _parts(40)])


async def test_file_is_replaced_listed_and_deleted(place: Files) -> None:
    await write_whole(place, "a/b/c", b"old")
    await write_whole(place, "a/b/c", b"new")
    await write_whole(place, "d", b"")
    assert await content_of(place) == {"a/b/c": b"new", "d": b""}
    assert [batch async for batch in place.list_files("a")] == [[("a/b/c", 3)]]
    assert [batch async for batch in place.list_files("none")] == []
    await place.delete("a/b/c")
    await place.delete("a/b/c")
    assert await content_of(place) == {"d": b""}
