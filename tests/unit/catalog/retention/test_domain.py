"""Which tags retention deletes, and why it keeps the others."""

import fnmatch
import heapq
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.retention.domain import (
    BEHIND_AFTER,
    Decision,
    Progress,
    Reason,
    Run,
    Tag,
    decide,
    find_newest,
    find_obstacles,
    next_start,
)
from services.catalog.rules.domain import RetentionRule

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SIGNATURE = f"sha256-{'a' * 64}.sig"


def tag(
    name: str,
    *,
    pushed: float = 100.0,
    used: float | None = None,
    is_immutable: bool = False,
) -> Tag:
    """Return a tag that was pushed and used so many days ago."""
    return Tag(
        name,
        f"sha256:{name}",
        NOW - timedelta(days=pushed),
        None if used is None else NOW - timedelta(days=used),
        is_immutable,
    )


def decided(tags: Sequence[Tag], *rules: RetentionRule) -> dict[str, Decision]:
    return {one.tag.name: one for one in decide(tags, rules=rules, at=NOW)}


def deleted(tags: Sequence[Tag], *rules: RetentionRule) -> set[str]:
    return {name for name, one in decided(tags, *rules).items() if one.decision == "delete"}


def test_without_rules_every_tag_is_kept() -> None:
    (one,) = decide([tag("v1")], rules=[], at=NOW)
    assert (one.decision, one.reason_code, one.rule) == ("keep", Reason.NO_RULE, None)
    assert one.reason == "No rule matches the tag."


def test_newest_matching_tags_are_kept_and_ties_are_by_name() -> None:
    tags = [tag("b", pushed=2), tag("c", pushed=2), tag("a", pushed=2), tag("new", pushed=1)]
    found = decided(tags, RetentionRule("*", keep_last=3))
    assert {name for name, one in found.items() if one.decision == "keep"} == {"new", "a", "b"}
    assert found["b"].reason == (
        'The rule for "*" keeps the newest 3 tags, and this tag is number 3.'
    )
    assert found["c"].reason == (
        'The rule for "*" matches the tag, and no matching rule keeps it: it is not among the '
        "newest 3."
    )


def test_only_matching_tags_count_as_newest() -> None:
    tags = [tag("v2", pushed=1), tag("dev-1", pushed=3), tag("dev-2", pushed=2)]
    found = decided(tags, RetentionRule("dev-*", keep_last=1))
    assert {name: one.reason_code for name, one in found.items()} == {
        "v2": Reason.NO_RULE,
        "dev-1": Reason.NOT_KEPT,
        "dev-2": Reason.KEEP_LAST,
    }
    assert found["dev-2"].reason == (
        'The rule for "dev-*" keeps the newest tag, and this tag is the newest.'
    )
    assert found["dev-1"].reason.endswith("it is not the newest tag.")


def test_tags_of_signatures_match_no_rule() -> None:
    assert deleted([tag(SIGNATURE)], RetentionRule("*", keep_pushed_within_days=1)) == set()


def test_used_tags_are_kept_to_the_last_moment_of_the_window() -> None:
    tags = [tag("in", used=30), tag("out", used=30.001), tag("never")]
    found = decided(tags, RetentionRule("*", keep_pulled_within_days=30))
    assert found["in"].reason == (
        'The rule for "*" keeps tags that were pulled or checked within 30 days, and this tag was '
        "last pulled or checked on 2026-10-28."
    )
    assert [name for name in found if found[name].decision == "delete"] == ["out", "never"]
    assert found["never"].reason.endswith("it was not pulled or checked within 30 days.")


def test_pushed_tags_are_kept_within_the_window() -> None:
    found = decided(
        [tag("in", pushed=1), tag("out", pushed=1.001)],
        RetentionRule("*", keep_pushed_within_days=1),
    )
    assert found["in"].reason == (
        'The rule for "*" keeps tags that were pushed within 1 day, and this tag was pushed on '
        "2026-11-26."
    )
    assert found["out"].reason.endswith("it was not pushed within 1 day.")


def test_one_matching_rule_that_keeps_a_tag_is_enough() -> None:
    strict = RetentionRule("*", keep_last=1)
    lenient = RetentionRule("v*", keep_pulled_within_days=7)
    found = decided([tag("new", pushed=1), tag("v1", used=3), tag("v2", used=9)], strict, lenient)
    assert (found["v1"].decision, found["v1"].rule) == ("keep", 1)
    assert (found["v2"].decision, found["v2"].rule) == ("delete", 0)


def test_reason_names_all_conditions_of_the_first_rule() -> None:
    rule = RetentionRule("*", keep_last=1, keep_pulled_within_days=2, keep_pushed_within_days=3)
    found = decided([tag("new", pushed=1), tag("old")], rule)
    assert found["old"].reason.endswith(
        "it is not the newest tag, was not pulled or checked within 2 days, and was not pushed "
        "within 3 days."
    )
    two = RetentionRule("*", keep_last=1, keep_pushed_within_days=3)
    found = decided([tag("new", pushed=1), tag("old")], two)
    assert found["old"].reason.endswith(
        "it is not the newest tag and was not pushed within 3 days."
    )


def test_immutable_tags_are_kept_and_count_as_newest() -> None:
    tags = [tag("v1", pushed=1, is_immutable=True), tag("v2", pushed=2)]
    found = decided(tags, RetentionRule("*", keep_last=1))
    assert (found["v1"].reason_code, found["v1"].rule) == (Reason.IMMUTABLE, None)
    assert found["v2"].decision == "delete"


def test_decisions_are_stable_while_the_deletions_are_carried_out() -> None:
    tags = [tag(f"v{n}", pushed=n) for n in range(20)]
    rule = RetentionRule("*", keep_last=5)
    before = deleted(tags, rule)
    left = [one for one in tags if one.name not in sorted(before)[:7]]
    assert deleted(left, rule) == before - set(sorted(before)[:7])


# The model below follows the text of the specification, tag by tag, without the code under test.

PATTERNS = ("*", "v*", "dev-*", "v1.?", "*-rc[0-9]", "release-*", "nothing", "v[!1]*", "*5*")
NAMES = ("v{}", "dev-{}", "v1.{}", "v2.{}-rc1", "release-{}", "{}", "sha256-{:064x}.sig")


def model_matches(rule: RetentionRule, one: Tag) -> bool:
    return not one.name.startswith("sha256-") and fnmatch.fnmatchcase(one.name, rule.tags)


def model_keeps(rule: RetentionRule, tags: Sequence[Tag]) -> set[str]:
    """Return the names of the tags that the rule keeps."""
    matching = [one for one in tags if model_matches(rule, one)]
    kept = set()
    if rule.keep_last is not None:
        newest = heapq.nsmallest(
            rule.keep_last, matching, key=lambda one: (NOW - one.pushed_at, one.name)
        )
        kept |= {one.name for one in newest}
    for one in matching:
        pulled, pushed = rule.keep_pulled_within_days, rule.keep_pushed_within_days
        used = None if one.last_used_at is None else NOW - one.last_used_at
        if pulled is not None and used is not None and used <= timedelta(days=pulled):
            kept.add(one.name)
        if pushed is not None and NOW - one.pushed_at <= timedelta(days=pushed):
            kept.add(one.name)
    return kept


def model_deletes(tags: Sequence[Tag], rules: Sequence[RetentionRule]) -> set[str]:
    matched = {one.name for rule in rules for one in tags if model_matches(rule, one)}
    immutable = {one.name for one in tags if one.is_immutable}
    return matched.difference(immutable, *(model_keeps(rule, tags) for rule in rules))


def random_rule(chance: random.Random) -> RetentionRule:
    def maybe(value: int) -> int | None:
        return value if chance.random() < 0.5 else None

    conditions = [
        maybe(chance.choice((1, 2, 5, 50, 300))),
        maybe(chance.choice((1, 7, 30, 365))),
        maybe(chance.choice((1, 7, 30, 365))),
    ]
    if conditions == [None, None, None]:
        conditions[chance.randrange(3)] = 3
    return RetentionRule(chance.choice(PATTERNS), *conditions)


def random_tags(chance: random.Random, count: int) -> list[Tag]:
    """Return tags of which many were pushed at the same moment, or exactly a window ago."""
    names = {chance.choice(NAMES).format(number) for number in range(count * 2)}
    tags = [
        tag(
            name,
            pushed=chance.choice((0, 1, 7, 30, 365, chance.randrange(400))),
            used=chance.choice((None, 0, 1, 7, 30, 365, chance.uniform(0, 400))),
            is_immutable=chance.random() < 0.1,
        )
        for name in sorted(names)[:count]
    ]
    chance.shuffle(tags)
    return tags


def test_200_random_rule_sets_over_1000_tags_agree_with_the_model() -> None:
    chance = random.Random(20261127)
    tags = random_tags(chance, 1000)
    outcomes = set()
    for _ in range(200):
        rules = [random_rule(chance) for _ in range(chance.randrange(5))]
        decisions = decide(tags, rules=rules, at=NOW)
        assert [one.tag for one in decisions] == tags
        found = {one.tag.name for one in decisions if one.decision == "delete"}
        assert found == model_deletes(tags, rules), rules
        outcomes |= {one.reason_code for one in decisions}
        newest = find_newest(tags, rules=rules)
        for name in chance.sample(sorted(found), min(5, len(found))):
            some = [one for one in tags if one.name in newest or one.name == name]
            assert name in deleted(some, *rules)
        kept = [model_keeps(rule, tags) for rule in rules]
        for one in decisions:
            if one.rule is not None:
                assert model_matches(rules[one.rule], one.tag)
                assert (one.tag.name in kept[one.rule]) is (one.decision == "keep")
    assert outcomes == set(Reason)


COUNTED = Progress(NOW - timedelta(days=10), NOW, 0)


def test_retention_runs_when_all_pulls_are_counted() -> None:
    rules = [RetentionRule("*", keep_pulled_within_days=10), RetentionRule("*", keep_last=1)]
    assert find_obstacles(COUNTED, rules=rules, at=NOW, now=NOW) == []
    assert find_obstacles(COUNTED, rules=[], at=NOW, now=NOW) == []
    late = Progress(COUNTED.began_at, NOW - BEHIND_AFTER, 0)
    assert find_obstacles(late, rules=rules, at=NOW, now=NOW) == []


@pytest.mark.parametrize(
    ("progress", "code", "detail"),
    [
        (None, "counting_behind", "Pulls have not been counted. Retention waits until they are."),
        (
            Progress(COUNTED.began_at, NOW - BEHIND_AFTER - timedelta(seconds=1), 0),
            "counting_behind",
            "Pulls have not been counted since 2026-11-27 11:58 UTC. Retention waits until they "
            "are.",
        ),
        (
            Progress(COUNTED.began_at, NOW, 1),
            "dead_letters",
            "1 event of the registry could not be counted. Retention waits until an administrator "
            "has replayed them.",
        ),
        (
            Progress(COUNTED.began_at + timedelta(minutes=1), NOW, 0),
            "counts_too_young",
            "Pulls are known since 2026-11-17 12:01 UTC, and a rule asks for the last 10 days. "
            "Retention waits until 2026-11-27 12:01 UTC.",
        ),
    ],
)
def test_retention_waits_and_says_why(progress: Progress | None, code: str, detail: str) -> None:
    rules = [RetentionRule("a*", keep_last=1), RetentionRule("*", keep_pulled_within_days=10)]
    (obstacle,) = find_obstacles(progress, rules=rules, at=NOW, now=NOW)
    assert (obstacle.code, obstacle.detail) == (code, detail)


def test_dead_letters_stop_rules_without_a_window_too() -> None:
    progress = Progress(NOW, NOW, 2)
    (obstacle,) = find_obstacles(progress, rules=[RetentionRule("*", keep_last=1)], at=NOW, now=NOW)
    assert obstacle.detail.startswith("2 events of the registry")


def test_a_resumed_run_needs_the_uses_before_its_own_moment() -> None:
    rules = [RetentionRule("*", keep_pulled_within_days=10)]
    (obstacle,) = find_obstacles(COUNTED, rules=rules, at=NOW - timedelta(hours=1), now=NOW)
    assert obstacle.code == "counts_too_young"


def test_runs_begin_once_a_day() -> None:
    assert next_start(None, now=NOW) == NOW
    last = Run(1, NOW - timedelta(hours=5), NOW)
    assert next_start(last, now=NOW) == NOW + timedelta(hours=19)
