"""A client's history as JSON, for its checkpoints. Loading it gives a history that counts on exactly as the one that was saved."""

import json
from typing import Any

from services.events.counting.domain import Children, Grant, Head, History, Seen


def dump(history: History) -> str:
    """``history`` as JSON text. Credits are bits over the children of their index in order: a thousand platforms take 250 bytes."""
    places = _Places(history.children)
    numbers: dict[str, int] = {}
    grants = [
        [number, numbers.setdefault(grant.index, len(numbers)), grant.expires, places.pack(grant)]
        for number, grant in history.grants.items()
    ]
    return json.dumps(
        {
            "heads": [
                [digest, head.at_ns, head.tag, head.may_be_index]
                for digest, head in history.heads.items()
            ],
            "requests": [
                [name, *seen.key, seen.tagged, seen.grant]
                for name, seen in history.requests.items()
            ],
            "indexes": list(numbers),
            "grants": grants,
            "next": history.next_grant,
            "swept": history.swept,
        },
        separators=(",", ":"),
    )


def load(text: str, children: Children) -> History:
    """The history that ``text`` holds, to be counted on with ``children``, which must know ``possible_indexes``."""
    saved: dict[str, Any] = json.loads(text)
    history = History(children, next_grant=saved["next"], swept=saved["swept"])
    history.heads = {
        digest: Head(at_ns, tag, may_be_index)
        for digest, at_ns, tag, may_be_index in saved["heads"]
    }
    history.requests = {
        name: Seen((at_ns, event_id), tagged, grant)
        for name, at_ns, event_id, tagged, grant in saved["requests"]
    }
    for number, grant in _grants(saved, children):
        history.grants[number] = grant
        history.credits += len(grant.left)
        for child in grant.left:
            history.stacks.setdefault(child, []).append(number)
    return history


def possible_indexes(text: str) -> list[str]:
    """The digests of what may be an index among the HEADs and pulls that ``text`` remembers: their children must be known to count on."""
    saved: dict[str, Any] = json.loads(text)
    heads = [str(digest) for digest, _, _, may_be_index in saved["heads"] if may_be_index]
    pulled = (
        saved["indexes"] if "indexes" in saved else [index for _, index, _, _ in saved["grants"]]
    )  # as it was written at first
    return [*heads, *pulled]


def _grants(saved: dict[str, Any], children: Children) -> list[tuple[int, Grant]]:
    if "children" in saved:  # as it was written at first: digests, by number
        names: list[str] = saved["children"]
        return [
            (number, Grant(index, expires, {names[n] for n in left}))
            for number, index, expires, left in saved["grants"]
        ]
    places = _Places(children)
    indexes: list[str] = saved["indexes"]
    found = [
        (number, Grant(indexes[n], expires, places.unpack(indexes[n], bits)))
        for number, n, expires, bits in saved["grants"]
    ]
    return [(number, grant) for number, grant in found if grant.left]


class _Places:
    """The children of each index in the order of their digests."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._ordered: dict[str, list[str]] = {}
        self._unpacked: dict[tuple[str, str], frozenset[str]] = {}

    def pack(self, grant: Grant) -> str:
        """What is left of a grant, as a number in hexadecimal."""
        bits = 0
        for place, child in enumerate(self._order(grant.index)):
            if child in grant.left:
                bits |= 1 << place
        return f"{bits:x}"

    def unpack(self, index: str, bits: str) -> set[str]:
        """The children that the bits stand for."""
        if (index, bits) not in self._unpacked:  # many pulls of one image leave the same
            marks = f"{int(bits, 16):b}"[::-1]
            left = frozenset(
                child for child, mark in zip(self._order(index), marks, strict=False) if mark == "1"
            )
            self._unpacked[index, bits] = left
        return set(self._unpacked[index, bits])

    def _order(self, index: str) -> list[str]:
        if index not in self._ordered:
            self._ordered[index] = sorted(set(self._children.get(index, ())))
        return self._ordered[index]
