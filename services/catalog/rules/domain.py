"""Rules for the tags of a namespace or a repository: immutable tags, and retention (spec 11)."""

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from libs.common.registry.names import is_artifact_tag
from libs.common.web.errors import Conflict

MAX_PATTERNS = 20
MAX_RETENTION_RULES = 20
MAX_PATTERN_LENGTH = 128
"""Characters, as of a tag."""
MAX_KEEP_LAST = 10_000
MAX_KEEP_DAYS = 3650
_IN_TAGS: Final = string.ascii_letters + string.digits + "._-"
Source = Literal["default", "namespace", "repository"]
"""Whose rules apply. By default, no tag is immutable and none is deleted."""


class InvalidPattern(ValueError):
    """The text is not a pattern of tags. The message says what to change."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Which of the tags that match ``tags`` the retention keeps; None is no such condition."""

    tags: str
    keep_last: int | None = None
    keep_pulled_within_days: int | None = None
    keep_pushed_within_days: int | None = None

    def __str__(self) -> str:
        conditions = {
            "keep_last": self.keep_last,
            "keep_pulled_within_days": self.keep_pulled_within_days,
            "keep_pushed_within_days": self.keep_pushed_within_days,
        }
        given = [f"{name} {value}" for name, value in conditions.items() if value is not None]
        return f"{self.tags}: {', '.join(given)}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a namespace or a repository. A tag that ``immutable_tags`` match cannot move."""

    immutable_tags: tuple[str, ...] = ()
    retention: tuple[RetentionRule, ...] = ()
    retention_enabled: bool = False

    def is_immutable(self, tag: str) -> bool:
        """Return whether the tag cannot be moved or deleted, once it exists."""
        return any(matches(pattern, tag) for pattern in self.immutable_tags)

    def says_the_same(self, other: "Rules") -> bool:
        """Return whether both have the same effect, whatever their source."""
        return (self.immutable_tags, self.retention, self.retention_enabled) == (
            other.immutable_tags,
            other.retention,
            other.retention_enabled,
        )

    def shown(self) -> dict[str, object]:
        """Return the rules as texts, for the audit trail."""
        return {
            "immutable_tags": ", ".join(self.immutable_tags) or None,
            "retention": "; ".join(map(str, self.retention)) or None,
            "retention_enabled": self.retention_enabled,
        }


@dataclass(frozen=True, slots=True)
class EffectiveRules(Rules):
    """Rules with their source, and when they were last changed; None for the default."""

    source: Source = "default"
    updated_at: datetime | None = None


class TagImmutable(Conflict):
    """The tag is immutable, so it cannot be moved or deleted."""

    code = "tag_immutable"
    title = "The tag is immutable; change the rules first, or leave the tag as it is"

    def __init__(self, detail: str, *, tag: str) -> None:
        super().__init__(detail)
        self.tag = tag

    @classmethod
    def of_tag(cls, path: str, tag: str) -> "TagImmutable":
        """Return the error of a change of the tag."""
        return cls(
            f"The tag {tag} of {path} is immutable, so it cannot be moved or deleted. Change the "
            "immutable tags in the rules of its namespace or repository first.",
            tag=tag,
        )

    @classmethod
    def of_image(cls, digest: str, tag: str) -> "TagImmutable":
        """Return the error of the deletion of an image that the tag names."""
        return cls(
            f"The immutable tag {tag} names the image {digest}, so the image cannot be deleted. "
            "Change the immutable tags in the rules of its namespace or repository first.",
            tag=tag,
        )

    @classmethod
    def of_object(cls, kind: str, name: str, *, path: str, tag: str) -> "TagImmutable":
        """Return the error of the deletion of a repository or namespace that has the tag."""
        return cls(
            f"The {kind} {name} has the immutable tag {path}:{tag}. Add `?force=true` to delete "
            f"the {kind} with its immutable tags.",
            tag=tag,
        )


def matches(pattern: str, tag: str) -> bool:
    """Return whether a shell pattern matches a tag, in this case (``A`` is not ``a``).

    ``*`` is any text, ``?`` one character, ``[a-c]`` one of a set, ``[!a-c]`` one of all others. No
    pattern matches a tag that belongs to another image, such as ``sha256-….sig``.
    """
    return _compiled(pattern).fullmatch(tag) is not None and not is_artifact_tag(tag)


def check_pattern(pattern: str) -> None:
    """Raise InvalidPattern if the text is not a pattern of tags."""
    for _ in _parse(pattern):
        pass


def postgres_regex(patterns: Sequence[str]) -> str | None:
    """Return a regular expression of PostgreSQL for the tags that one of ``patterns`` matches.

    Return None without patterns. It also matches tags that belong to other images.
    """
    if not patterns:
        return None
    bodies = ("".join(item or ".*" for item in _parse(pattern)) for pattern in patterns)
    return f"^(?:{'|'.join(bodies)})$"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern for Python.

    A match of the text between two ``*`` is never tried again (an atomic group): a pattern with
    many ``*`` would take minutes otherwise.
    """
    first, *others = _between_stars(pattern)
    if not others:
        return re.compile(first)
    *middle, last = others
    atoms = "".join(f"(?>.*?{text})" for text in middle)
    return re.compile(f"{first}{atoms}.*{last}")


def _between_stars(pattern: str) -> list[str]:
    parts = [""]
    for item in _parse(pattern):
        if item is None:
            parts.append("")
        else:
            parts[-1] += item
    return parts


def _parse(pattern: str) -> Iterator[str | None]:
    """Yield the regular expression of each character; None stands for ``*``.

    Python and PostgreSQL read these expressions alike: a set lists its characters one by one.
    """
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            if pattern[position : position + 1] != "*":  # PostgreSQL reads many of them slowly.
                yield None
        elif character == "?":
            yield "."
        elif character == "[":
            end = pattern.find("]", position)
            if end < 0:
                raise InvalidPattern("has a '[' without a ']'; close the set, as in [0-9]")
            yield _set(pattern[position:end])
            position = end + 1
        elif character in _IN_TAGS:
            yield "[.]" if character == "." else character
        else:
            raise InvalidPattern(_not_in_tags(character))


def _set(text: str) -> str:
    """Return the regular expression of the characters between ``[`` and ``]``."""
    is_negated = text.startswith("!")
    text = text.removeprefix("!")
    chosen: set[str] = set()
    position = 0
    while position < len(text):
        first = last = text[position]
        if text[position + 1 : position + 2] == "-" and position + 2 < len(text):
            last = text[position + 2]
            position += 2
        position += 1
        for character in (first, last):
            if character not in _IN_TAGS:
                raise InvalidPattern(_not_in_tags(character))
        if last < first:
            raise InvalidPattern(f"has the set [{first}-{last}], whose end is before its start")
        chosen |= {one for one in _IN_TAGS if first <= one <= last}
    listed = [one for one in _IN_TAGS if (one in chosen) is not is_negated]
    if not chosen or not listed:
        raise InvalidPattern("has a set that no character is in; name one, as in [0-9]")
    return f"[{''.join(listed)}]"  # `-` is the last one of _IN_TAGS, where it is no range


def _not_in_tags(character: str) -> str:
    return (
        f"has {character!r}, which is in no tag; a pattern has letters, digits, '.', '_', '-', and "
        "the wildcards *, ?, and sets such as [0-9] or [!a-z]"
    )
