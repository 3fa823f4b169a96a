"""Read a JSON object so that Python, Go, and every client see the same values.

Go's encoding/json, which Distribution and docker use, matches keys without regard to case and
keeps the last of duplicate keys. So this module refuses what two readers can read differently.
"""

import json
from itertools import accumulate
from typing import Any, NoReturn

MAX_NESTING = 64
"""Levels of objects and arrays within each other."""

MAX_VALUES = 200_000
"""Commas, brackets, and braces in one document. They cost more time per byte than long texts."""

_MAX_NUMBER_LENGTH = 32
_BOM = b"\xef\xbb\xbf"
_NO_STRUCTURE = bytes(set(range(256)) - set(b'",[]{}'))
_STEPS = bytes.maketrans(b"[{]},", b"\x01\x01\xff\xff\x00")


class InvalidJson(Exception):
    """The content is not JSON that every reader reads alike. The message says why."""


def read_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object ``content``. Integers have at most 32 digits.

    Raises:
        InvalidJson: ``content`` is not one JSON object in UTF-8 without a byte order mark, or it
            has duplicate keys, NaN, Infinity, longer numbers, or too many or too deeply nested
            objects and arrays.
    """
    if content.startswith(_BOM):
        raise InvalidJson("the manifest starts with a byte order mark; send it without one")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidJson(
            f"the manifest is not valid UTF-8: byte {error.start} cannot be decoded"
        ) from None
    _check_nesting(content)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"the manifest is not valid JSON: {error.msg} at character {error.pos}"
        ) from None
    if not isinstance(value, dict):
        raise InvalidJson("the manifest must be a JSON object")
    return value


def _check_nesting(content: bytes) -> None:
    """Check the brackets outside of strings before the parser, which recurses, sees them."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    quoted = unescaped.translate(None, _NO_STRUCTURE)
    too_many = f"the manifest has more than {MAX_VALUES:,} values"
    if quoted.count(b'"') > 4 * MAX_VALUES:
        raise InvalidJson(too_many)
    structure = b"".join(quoted.split(b'"')[::2])
    if len(structure) > MAX_VALUES:
        raise InvalidJson(too_many)
    steps = memoryview(structure.translate(_STEPS)).cast("b")
    if max(accumulate(steps), default=0) > MAX_NESTING:
        raise InvalidJson(f"the manifest is nested more than {MAX_NESTING} levels deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidJson(f"the key {shown(key)} appears twice in one object")
            seen.add(key)
    return value


def _integer(digits: str) -> int:
    _check_length(digits)
    return int(digits)


def _float(digits: str) -> float:
    _check_length(digits)
    return float(digits)


def _check_length(digits: str) -> None:
    if len(digits) > _MAX_NUMBER_LENGTH:
        raise InvalidJson(f"a number has more than {_MAX_NUMBER_LENGTH} characters")


def _constant(name: str) -> NoReturn:
    raise InvalidJson(f"the manifest contains {name}, which is not JSON")


def shown(value: object) -> str:
    """Return ``value`` as JSON in ASCII for an error message, truncated."""
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)
