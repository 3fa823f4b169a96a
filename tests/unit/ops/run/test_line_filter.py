"""Lines of a log are cut, and contain no query."""

import io
import json
import os
import threading

import pytest

from ops.run.line_filter import MAX_LINE_BYTES, copy_lines, without_queries


class Log(io.BytesIO):
    """A log whose content can be read after it was closed."""

    content = b""

    def close(self) -> None:
        if not self.closed:
            self.content = self.getvalue()
        super().close()


class FullDisk(Log):
    """A log that cannot be written."""

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


def copied(*parts: bytes, log: Log | None = None) -> bytes:
    log = log or Log()
    read, write = os.pipe()
    thread = threading.Thread(target=copy_lines, args=(read, log, without_queries))
    thread.start()
    with os.fdopen(write, "wb", buffering=0) as stream:
        for part in parts:
            stream.write(part)
    thread.join(10)
    return log.content


def line(uri: str) -> bytes:
    fields = {"http.request.method": "GET", "http.request.uri": uri, "level": "error"}
    return json.dumps(fields, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("uri", "logged"),
    [
        ("/v2/", "/v2/"),
        ("/v2/a/blobs/uploads/1?_state=s3cret&digest=x", "/v2/a/blobs/uploads/1"),
        ('/v2/"a\\?from="b\\"', '/v2/"a\\'),
        ("/v2/?a?b", "/v2/"),
    ],
)
def test_query_of_a_request_is_removed(uri: str, logged: str) -> None:
    assert without_queries(line(uri)) == line(logged)


def test_other_lines_are_copied_unchanged() -> None:
    text = b"panic: what?\n\n\xff\xfe \n" + line("/v2/") + b"\n"
    assert copied(text[:9], text[9:]) == text


@pytest.mark.parametrize("length", [5_000, 64 * 1024 - 1, 64 * 1024, 200_000])
def test_long_line_is_cut_and_the_next_one_is_complete(length: int) -> None:
    first, second, rest = copied(b"x" * length + b"\n", b"the next line\n").split(b"\n")
    assert (len(first), first[-6:]) == (MAX_LINE_BYTES, b" (cut)")
    assert (second, rest) == (b"the next line", b"")


def test_last_line_without_an_end_is_copied() -> None:
    assert copied(b"one\ntwo") == b"one\ntwo\n"


def test_full_disk_does_not_stop_the_program() -> None:
    assert copied(b"a line\n" * 100_000, log=FullDisk()) == b""
