"""The parts of a history: what later events of the same client depend on."""

from dataclasses import dataclass

SECOND_NS = 1_000_000_000

Key = tuple[int, str]
"""The position of an event in its client's history: (time in ns, event id)."""


@dataclass(frozen=True, slots=True)
class TagHead:
    """A HEAD of a tag. ``may_be_index`` is True if its manifest can be an index."""

    at_ns: int
    tag: str
    may_be_index: bool


@dataclass(slots=True)
class IndexPull:
    """A pull of an index, with one credit for each child that was not fetched yet."""

    index: str
    expires_ns: int
    credits: set[str]


@dataclass(slots=True)
class CountedRequest:
    """A request with a counted event: its key, whether it had a tag, and its index pull, if any."""

    key: Key
    tagged: bool
    index_pull: int | None
