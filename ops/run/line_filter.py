"""Cuts the lines that a program writes to its log, and removes what must not be in a log.

Distribution logs the whole address of each request that fails. Clients choose the address, and its
query holds the state of an upload. Distribution has no setting for either.
"""

import contextlib
import os
import re
from collections.abc import Callable
from typing import BinaryIO

MAX_LINE_BYTES = 4096
_READ_BYTES = 64 * 1024
_QUERY = re.compile(rb'("http\.request\.uri":"(?:[^"\\?]|\\.)*)\?(?:[^"\\]|\\.)*')
_CUT = b" (cut)"

LineFilter = Callable[[bytes], bytes]
"""Returns the line to write, for a line without its end."""


def without_queries(line: bytes) -> bytes:
    """Return a line of Distribution's JSON log without the query of the request's address."""
    return _QUERY.sub(rb"\1", line)


def copy_lines(source: int, log: BinaryIO, line_filter: LineFilter) -> None:
    """Copy lines from the file descriptor ``source`` to ``log`` until its end, and close both.

    A line that is longer than 64 KiB is cut before it is filtered, and every line after that to
    4 KiB. If the log cannot be written, such as on a full disk, the lines are lost, and the program
    goes on.
    """
    waiting = b""
    is_in_cut_line = False
    with log, os.fdopen(source, "rb", buffering=0) as stream:
        while chunk := stream.read(_READ_BYTES):
            *lines, waiting = (waiting + chunk).split(b"\n")
            if is_in_cut_line and lines:  # the rest of a line that is written already
                del lines[0]
                is_in_cut_line = False
            if is_in_cut_line:
                waiting = b""
            elif len(waiting) >= _READ_BYTES:
                lines.append(waiting)
                waiting, is_in_cut_line = b"", True
            _write(log, lines, line_filter)
        if waiting and not is_in_cut_line:
            _write(log, [waiting], line_filter)


def _write(log: BinaryIO, lines: list[bytes], line_filter: LineFilter) -> None:
    text = b"".join(_cut(line_filter(line)) + b"\n" for line in lines)
    with contextlib.suppress(OSError):
        log.write(text)
        log.flush()


def _cut(line: bytes) -> bytes:
    if len(line) <= MAX_LINE_BYTES:
        return line
    return line[: MAX_LINE_BYTES - len(_CUT)] + _CUT
