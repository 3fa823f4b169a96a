"""A history as JSON, for a checkpoint. A loaded history counts exactly as the saved one would."""

import json
from dataclasses import dataclass
from typing import Any

from services.events.history.domain import Children, History
from services.events.history.signature_checks import LatestPull
from services.events.history.state import CountedRequest, IndexPull, Key, TagHead


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A history after the event ``key``, as text of ``snapshot.dump``.

    ``run`` is the number of events since the previous checkpoint that is kept.
    """

    key: Key
    run: int
    state: str


def dump(history: History) -> str:
    """Return ``history`` as JSON.

    The credits of an index pull are bits, one for each child of the index in the order of the
    digests, so that an index of a thousand platforms takes 250 bytes. The key ``grants`` holds the
    index pulls, and ``swept`` the time up to which state is expired. These names are stored.
    """
    bits = _CreditBits(history.children)
    numbers: dict[str, int] = {}
    index_pulls = [
        [number, numbers.setdefault(pull.index, len(numbers)), pull.expires_ns, bits.pack(pull)]
        for number, pull in history.index_pulls.items()
    ]
    return json.dumps(
        {
            "heads": [
                [digest, head.at_ns, head.tag, head.may_be_index]
                for digest, head in history.heads.items()
            ],
            "requests": [
                [request_id, *counted.key, counted.tagged, counted.index_pull]
                for request_id, counted in history.requests.items()
            ],
            "indexes": list(numbers),
            "grants": index_pulls,
            "pulls": [
                [digest, *pull.key, pull.tag, pull.may_be_index, pull.index_pull]
                for digest, pulls in history.pulls.by_digest.items()
                for pull in pulls
            ],
            "next": history.next_number,
            "swept": history.expired_ns,
        },
        separators=(",", ":"),
    )


def load(text: str, children: Children) -> History:
    """Return the history in ``text``. ``children`` must have all of ``possible_indexes``."""
    saved: dict[str, Any] = json.loads(text)
    history = History(children, next_number=saved["next"], expired_ns=saved["swept"])
    history.heads = {
        digest: TagHead(at_ns, tag, may_be_index)
        for digest, at_ns, tag, may_be_index in saved["heads"]
    }
    history.requests = {
        request_id: CountedRequest((at_ns, event_id), tagged, index_pull)
        for request_id, at_ns, event_id, tagged, index_pull in saved["requests"]
    }
    for digest, at_ns, event_id, tag, may_be_index, index_pull in saved.get("pulls", ()):
        latest = LatestPull((at_ns, event_id), tag, may_be_index, index_pull)
        history.pulls.add(digest, latest)
    for number, pull in _index_pulls(saved, children):
        history.index_pulls[number] = pull
        history.credits += len(pull.credits)
        for child in pull.credits:
            history.pulls_by_child.setdefault(child, []).append(number)
    return history


def possible_indexes(text: str) -> list[str]:
    """Return the digests in ``text`` that can be indexes: ``load`` needs their children."""
    saved: dict[str, Any] = json.loads(text)
    heads = [str(digest) for digest, _, _, may_be_index in saved["heads"] if may_be_index]
    heads += [pull[0] for pull in saved.get("pulls", ()) if pull[4]]
    if "indexes" not in saved:  # the first format
        return [*heads, *(index for _, index, _, _ in saved["grants"])]
    return [*heads, *saved["indexes"]]


def _index_pulls(saved: dict[str, Any], children: Children) -> list[tuple[int, IndexPull]]:
    if "children" in saved:  # the first format lists the children's digests by number
        names: list[str] = saved["children"]
        return [
            (number, IndexPull(index, expires_ns, {names[n] for n in credits}))
            for number, index, expires_ns, credits in saved["grants"]
        ]
    bits = _CreditBits(children)
    indexes: list[str] = saved["indexes"]
    index_pulls = [
        (number, IndexPull(indexes[n], expires_ns, bits.unpack(indexes[n], packed)))
        for number, n, expires_ns, packed in saved["grants"]
    ]
    return [(number, pull) for number, pull in index_pulls if pull.credits]


class _CreditBits:
    """Packs credits into bits, one for each child of an index in the order of the digests."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._sorted: dict[str, list[str]] = {}
        self._unpacked: dict[tuple[str, str], frozenset[str]] = {}

    def pack(self, pull: IndexPull) -> str:
        """Return the credits of ``pull`` as a hexadecimal number."""
        bits = 0
        for position, child in enumerate(self._sorted_children(pull.index)):
            if child in pull.credits:
                bits |= 1 << position
        return f"{bits:x}"

    def unpack(self, index: str, packed: str) -> set[str]:
        """Return the children of ``index`` that ``packed`` stands for."""
        key = index, packed
        if key not in self._unpacked:  # many pulls of one image leave the same credits
            bits = f"{int(packed, 16):b}"[::-1]
            children = zip(self._sorted_children(index), bits, strict=False)
            self._unpacked[key] = frozenset(child for child, bit in children if bit == "1")
        return set(self._unpacked[key])

    def _sorted_children(self, index: str) -> list[str]:
        if index not in self._sorted:
            self._sorted[index] = sorted(set(self._children.get(index, ())))
        return self._sorted[index]
