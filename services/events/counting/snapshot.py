"""A client's history as JSON, for its checkpoints. Loading it gives a history that counts on exactly as the one that was saved."""

import json
from typing import Any

from services.events.counting.domain import Children, Grant, Head, History, Seen


def dump(history: History) -> str:
    """``history`` as JSON text; digests of children are written once and then by number."""
    numbers: dict[str, int] = {}
    grants = [
        [number, grant.index, grant.expires, [numbers.setdefault(child, len(numbers)) for child in sorted(grant.left)]]
        for number, grant in history.grants.items()
    ]
    return json.dumps(
        {
            "heads": [[digest, head.at_ns, head.tag, head.may_be_index] for digest, head in history.heads.items()],
            "requests": [[name, *seen.key, seen.tagged, seen.grant] for name, seen in history.requests.items()],
            "children": list(numbers),
            "grants": grants,
            "next": history.next_grant,
            "swept": history.swept,
        },
        separators=(",", ":"),
    )


def load(text: str, children: Children) -> History:
    """The history that ``text`` holds, to be counted on with ``children``."""
    saved: dict[str, Any] = json.loads(text)
    history = History(children, next_grant=saved["next"], swept=saved["swept"])
    history.heads = {digest: Head(at_ns, tag, may_be_index) for digest, at_ns, tag, may_be_index in saved["heads"]}
    history.requests = {name: Seen((at_ns, event_id), tagged, grant) for name, at_ns, event_id, tagged, grant in saved["requests"]}
    names: list[str] = saved["children"]
    for number, index, expires, left in saved["grants"]:
        grant = Grant(index, expires, {names[n] for n in left})
        history.grants[number] = grant
        history.credits += len(grant.left)
        for child in grant.left:
            history.stacks.setdefault(child, []).append(number)
    return history


def possible_indexes(text: str) -> list[str]:
    """The digests of what may be an index among the HEADs that ``text`` remembers: their children must be known to count on."""
    return [digest for digest, _, _, may_be_index in json.loads(text)["heads"] if may_be_index]
