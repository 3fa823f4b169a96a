"""Which tags a pattern matches, and the texts of rules."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.rules.domain import (
    EffectiveRules,
    InvalidPattern,
    RetentionRule,
    Rules,
    TagImmutable,
    check_pattern,
    matches,
    postgres_regex,
)

_HEX = "a" * 64
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True)
SETS = st.builds(
    "[{}{}]".format,
    st.sampled_from(["", "!"]),
    st.lists(
        st.one_of(st.sampled_from("abAB01._"), st.sampled_from(["a-c", "0-9", "A-Z", ".-9"])),
        min_size=1,
        max_size=3,
    ).map("".join),
)
PATTERNS = st.lists(st.one_of(st.sampled_from("abAB01._-*?*"), SETS), min_size=1, max_size=8).map(
    "".join
)


@pytest.mark.parametrize(
    ("pattern", "tags", "others"),
    [
        ("v*", ["v", "v1", "v1.2"], ["V1", "xv1", "latest"]),
        ("release-?.*", ["release-1.0", "release-x."], ["release-10", "release-.1", "release-1x0"]),
        ("1.2", ["1.2"], ["1x2", "1.2.3"]),
        ("*", ["latest", "-"], []),
        ("[0-9]*", ["1", "9-rc"], ["a1"]),
        ("[!0-9]*", ["a1", "_"], ["1a"]),
        ("v[12.x-z]", ["v1", "v.", "vy"], ["v3", "vw"]),
        ("v[a-]", ["va", "v-"], ["vb"]),
        ("*-rc*.*", ["1-rc1.0", "-rc."], ["1-rc1", "rc.-"]),
        ("**a", ["a", "ba"], ["ab"]),
    ],
)
def test_pattern_matches_as_in_a_shell(pattern: str, tags: list[str], others: list[str]) -> None:
    assert [tag for tag in (*tags, *others) if matches(pattern, tag)] == tags


@given(PATTERNS, TAGS)
def test_pattern_matches_as_fnmatch_does(pattern: str, tag: str) -> None:
    assert matches(pattern, tag) is fnmatch.fnmatchcase(tag, pattern)


def test_no_pattern_matches_a_tag_that_belongs_to_another_image() -> None:
    for tag in (f"sha256-{_HEX}", f"sha256-{_HEX}.sig", f"sha512-{_HEX}.att"):
        assert not matches("*", tag)
    assert matches("*", "sha256-short")


def test_pattern_with_many_wildcards_takes_no_time() -> None:
    assert not matches("*a" * 60 + "*b", "a" * 128)
    assert matches("*a" * 60, "a" * 128)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("v 1", "has ' ', which is in no tag"),
        ("{a,b}", "has '{', which is in no tag"),
        ("v[^1]", "has '^', which is in no tag"),
        ("v[1", "has a '[' without a ']'"),
        ("v[]", "has a set that no character is in"),
        ("v[!]", "has a set that no character is in"),
        ("v[!--z]", "has a set that no character is in"),
        ("v[z-a]", "has the set [z-a], whose end is before its start"),
        ("名", "has '名', which is in no tag"),
        ("a]", "has ']', which is in no tag"),
    ],
)
def test_invalid_pattern_says_what_to_change(pattern: str, message: str) -> None:
    with pytest.raises(InvalidPattern) as error:
        check_pattern(pattern)
    assert str(error.value).startswith(message)


def test_postgres_regex_joins_the_patterns() -> None:
    check_pattern("v*")
    assert postgres_regex([]) is None
    assert postgres_regex(["v*", "1.?", "[ab-]"]) == "^(?:v.*|1[.].|[ab-])$"


def test_postgres_regex_has_one_wildcard_for_adjacent_stars() -> None:
    """PostgreSQL takes almost a second for the first match of 20 patterns of 128 stars."""
    assert postgres_regex(["a***b**", "***"]) == "^(?:a.*b.*|.*)$"


def test_rules_know_their_immutable_tags() -> None:
    rules = Rules(immutable_tags=("v*", "1.?"))
    assert [tag for tag in ("v1", "1.2", "latest") if rules.is_immutable(tag)] == ["v1", "1.2"]
    assert not Rules().is_immutable("v1")


def test_rules_say_the_same_whatever_their_source() -> None:
    rules = Rules(immutable_tags=("v*",))
    assert rules.says_the_same(EffectiveRules(immutable_tags=("v*",), source="repository"))
    assert not rules.says_the_same(EffectiveRules(immutable_tags=("v*",), retention_enabled=True))


def test_rules_are_texts_in_the_audit_trail() -> None:
    rules = Rules(
        ("v*", "1.*"),
        (RetentionRule("*", keep_last=10, keep_pushed_within_days=7), RetentionRule("x", 1)),
        True,
    )
    assert rules.shown() == {
        "immutable_tags": "v*, 1.*",
        "retention": "*: keep_last 10, keep_pushed_within_days 7; x: keep_last 1",
        "retention_enabled": True,
    }
    assert Rules().shown() == {
        "immutable_tags": None,
        "retention": None,
        "retention_enabled": False,
    }


def test_refusals_name_the_tag_and_say_what_to_do() -> None:
    of_tag = TagImmutable.of_tag("team/app", "v1")
    assert (of_tag.status, of_tag.code, of_tag.tag) == (409, "tag_immutable", "v1")
    assert of_tag.detail.startswith("The tag v1 of team/app is immutable")
    assert "v1 names the image sha256:1" in TagImmutable.of_image("sha256:1", "v1").detail
    of_space = TagImmutable.of_object("namespace", "team", path="team/app", tag="v1")
    assert "has the immutable tag team/app:v1" in of_space.detail
    assert "`?force=true`" in of_space.detail
