"""JSON that the registry has stored already, read as Go's encoding/json reads it.

Distribution and its clients are written in Go. What they find in a manifest, the catalog must find
too. Reading never fails: content that is not a JSON object is an empty object.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

_MAX_DEPTH = 64
"""Deeper values are dropped if the content is nested too deeply for Python's parser."""
_MAX_DIGITS = 19
"""Longer numbers are no 64-bit integers, and Python needs long to parse them."""
_TOKEN = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


class Object:
    """A JSON object whose keys can repeat."""

    __slots__ = ("_fields", "_members")

    def __init__(self, members: Sequence[tuple[str, Any]] = ()) -> None:
        self._members = members
        self._fields: dict[str, list[Any]] | None = None

    def get(self, name: str) -> Any:
        """Return the field ``name``, in lower case, of a Go struct; None if it is missing.

        Keys match case-insensitively. Of repeated keys the last one counts. Repeated objects, also
        those in repeated lists, are merged.
        """
        if self._fields is None:
            self._fields = {}
            for key, value in self._members:
                self._fields.setdefault(_fold(key), []).append(value)
        return _merge(self._fields.get(name, ()))

    def get_object(self, name: str) -> "Object":
        """Return the field ``name``, or an empty object if it is no object."""
        value = self.get(name)
        return value if isinstance(value, Object) else Object()

    def get_objects(self, name: str) -> list["Object"]:
        """Return the objects in the list ``name``."""
        value = self.get(name)
        return [item for item in value if isinstance(item, Object)] if type(value) is list else []

    def as_map(self) -> dict[str, Any]:
        """Return the members of a Go map: keys are case-sensitive, and the last one counts."""
        return dict(self._members)


def parse_object(content: bytes) -> Object:
    """Return the object in ``content``. It is empty if there is none."""
    text = content.decode("utf-8", "replace")
    try:
        try:
            value = _parse(text)
        except RecursionError:
            value = _parse(_drop_deep_values(text))
    except (ValueError, RecursionError):
        return Object()
    return value if isinstance(value, Object) else Object()


def _parse(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=Object,
        parse_int=_integer,
        parse_float=_none,
        parse_constant=_none,
    )


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _none(_text: str) -> None:
    """Return None: no field is a fraction, and NaN and Infinity are no JSON."""


def _fold(key: str) -> str:
    """Return ``key`` in lower case, as Go folds single characters."""
    folded = key.casefold()
    return folded if len(folded) == len(key) else key


def _merge(values: Iterable[Any]) -> Any:
    """Return the result of decoding ``values`` into one variable, one after the other."""
    kept: list[Any] = []
    for value in values:
        if value is not None:
            kept.append(value)
        elif kept and isinstance(kept[-1], list):
            kept.clear()
    if len(kept) < 2:
        return kept[0] if kept else None
    if isinstance(kept[-1], Object):
        return _merge_objects(kept)
    if not isinstance(kept[-1], list):
        return kept[-1]
    items: list[list[Any]] = [[] for _ in kept[-1]]
    for value in kept:
        if isinstance(value, list):
            for same, item in zip(items, value, strict=False):
                same.append(item)
    return [_merge_objects(same) if isinstance(same[-1], Object) else same[-1] for same in items]


def _merge_objects(values: Sequence[Any]) -> Object:
    objects = [value for value in values if isinstance(value, Object)]
    return (
        objects[0]
        if len(objects) == 1
        else Object([member for one in objects for member in one._members])
    )


def _drop_deep_values(text: str) -> str:
    """Return ``text`` with null instead of each list or object that is too deep.

    Raises:
        ValueError: A list, an object, or a string does not end.
    """
    parts: list[str] = []
    depth = start = 0
    in_string = False
    for token in _TOKEN.finditer(text):
        character = token[0]
        if character == '"':
            in_string = not in_string
        elif in_string:
            continue
        elif character in "[{":
            depth += 1
            if depth == _MAX_DEPTH + 1:
                parts += (text[start : token.start()], "null")
        elif character in "]}":
            if depth == _MAX_DEPTH + 1:
                start = token.end()
            depth -= 1
    if depth or in_string:
        raise ValueError("the content does not end")
    return "".join((*parts, text[start:]))
