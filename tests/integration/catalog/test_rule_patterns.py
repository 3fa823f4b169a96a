"""Patterns of tags mean the same in PostgreSQL, which decides pushes, as in Python."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.rules.domain import (
    MAX_PATTERN_LENGTH,
    MAX_PATTERNS,
    InvalidPattern,
    Rules,
    check_pattern,
    postgres_regex,
)
from tests.kit.database import Database

_CHARACTERS = "abAZ09._-"
_SETS = st.builds(
    "[{}{}]".format,
    st.sampled_from(["", "!"]),
    st.lists(
        st.sampled_from([*_CHARACTERS, "a-c", "0-9", "A-Z", ".-9", "_-b", "Z-a"]),
        min_size=1,
        max_size=3,
    ).map("".join),
)


def _is_pattern(text: str) -> bool:
    try:
        check_pattern(text)
    except InvalidPattern:
        return False
    return True


_PATTERNS = (
    st.lists(st.one_of(st.sampled_from([*_CHARACTERS, *"****??"]), _SETS), min_size=1, max_size=8)
    .map("".join)
    .filter(_is_pattern)
)
_TAGS = st.one_of(
    st.from_regex(r"[abAZ09_][abAZ09._-]{0,9}", fullmatch=True),
    st.from_regex(r"sha(256|384|512)-[0-9a-f]{64}(\.(sig|att|sbom|x))?", fullmatch=True),
)
_MATCHES = """
    SELECT coalesce(tag ~ regex, false) AND NOT catalog.is_artifact_tag(tag) AS is_immutable
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS one (tag, regex, number)
    ORDER BY number
"""


def _cases(count: int) -> list[tuple[tuple[str, ...], str]]:
    cases: list[tuple[tuple[str, ...], str]] = []

    @settings(max_examples=count, database=None)
    @given(st.lists(_PATTERNS, max_size=3), _TAGS)
    def collect(patterns: list[str], tag: str) -> None:
        cases.append((tuple(patterns), tag))

    collect()
    return cases


async def test_patterns_mean_the_same_in_postgresql_as_in_python(emptied: Database) -> None:
    cases = _cases(2000)
    tags = [tag for _, tag in cases]
    rows = await emptied.fetch(_MATCHES, tags, [postgres_regex(of) for of, _ in cases])
    decided = [row["is_immutable"] for row in rows]
    assert decided == [Rules(immutable_tags=of).is_immutable(tag) for of, tag in cases]
    assert 100 < sum(decided) < len(cases) - 100


async def test_largest_rules_are_decided_at_once(emptied: Database) -> None:
    """No tenant's patterns slow down the database."""
    length = MAX_PATTERN_LENGTH
    for pattern, tag in (
        ("*a" * (length // 2), "a" * 127 + "b"),
        ("[!a]" * (length // 4), "b" * (length // 4)),
        ("?" * length, "a" * 128),
        ("*a" + "?" * (length - 2), "a" * 128),
        ("*[ab]" * (length // 5), "ab" * 64),
        ("*" * length, "a" * 128),
    ):
        patterns = [pattern[:-1] + end for end in "abcdefghijklmnopqrst"][:MAX_PATTERNS]
        patterns = [pattern] * MAX_PATTERNS if pattern.endswith("]") else patterns
        regex = postgres_regex(patterns)
        begun = time.perf_counter()
        await emptied.fetch(_MATCHES, [tag], [regex])
        Rules(immutable_tags=tuple(patterns)).is_immutable(tag)
        taken = time.perf_counter() - begun
        print(pattern[:12], len(regex or ""), f"{taken * 1000:.1f} ms")
        assert taken < 1.0
