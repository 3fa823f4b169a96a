"""Which tags of a repository retention deletes, and why it keeps the others (spec 11).

A tag is deleted only if at least one rule matches its name, and none of the matching rules keeps
it. Immutable tags are always kept.

The preview and the daily run decide with the same function, ``decide``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Literal

from libs.common.web.errors import Conflict
from services.catalog.rules.domain import RetentionRule, matches

EVERY = timedelta(days=1)
"""Between the beginnings of two runs."""
BEHIND_AFTER = timedelta(minutes=1)
"""The events service counts a pull within two seconds. It is behind if one waits this long."""


MAX_PREVIEW_TAGS = 200_000
"""The most tags that a preview reads."""


class TooManyTags(Conflict):
    """The namespace has more tags than a preview reads."""

    code = "too_many_tags"
    title = "The namespace has too many tags for one preview; preview its repositories one by one"

    def __init__(self, namespace: str, count: int) -> None:
        super().__init__(
            f"The namespace {namespace!r} has {count} tags, and a preview reads at most "
            f"{MAX_PREVIEW_TAGS}. Preview its repositories one by one."
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a repository.

    ``last_used_at`` is the latest of its pulls, its checks, and the pulls of its digest, or None.
    """

    name: str
    digest: str
    pushed_at: datetime
    last_used_at: datetime | None
    is_immutable: bool = False


class Reason(StrEnum):
    """Why a tag is kept or deleted. The values of ``keep_…`` are the fields of a rule."""

    IMMUTABLE = "immutable"
    NO_RULE = "no_rule"
    KEEP_LAST = "keep_last"
    KEEP_PULLED = "keep_pulled_within_days"
    KEEP_PUSHED = "keep_pushed_within_days"
    NOT_KEPT = "not_kept"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a tag.

    ``rule`` is the index of the rule that keeps the tag, or of the first rule that matches it if
    it is deleted. It is None if the tag is immutable, or if no rule matches it. ``reason`` is a
    sentence for people.
    """

    tag: Tag
    reason_code: Reason
    reason: str
    rule: int | None = None

    @property
    def decision(self) -> Literal["delete", "keep"]:
        """What happens, as the API calls it."""
        return "delete" if self.reason_code is Reason.NOT_KEPT else "keep"


def decide(tags: Sequence[Tag], *, rules: Sequence[RetentionRule], at: datetime) -> list[Decision]:
    """Decide for all tags of one repository what happens to them at the moment ``at``.

    ``tags`` must have all tags of the repository, because a rule can keep the newest ones. The
    decisions are in the order of ``tags``.
    """
    decisions: dict[str, Decision] = {}
    first_match: dict[str, int] = {}
    newest_first = _newest_first(tags)
    for index, rule in enumerate(rules):
        for rank, tag in enumerate(_matching(rule, newest_first), 1):
            first_match.setdefault(tag.name, index)
            if tag.name not in decisions:
                kept = _keep(tag, rule, rank=rank, at=at)
                if kept is not None:
                    decisions[tag.name] = Decision(tag, *kept, index)
    return [
        _immutable(tag)
        if tag.is_immutable
        else decisions.get(tag.name) or _unkept(tag, rules, first_match.get(tag.name))
        for tag in tags
    ]


def find_newest(tags: Sequence[Tag], *, rules: Sequence[RetentionRule]) -> set[str]:
    """Return the names of the tags that the rules keep because they are the newest ones.

    If ``decide`` deletes a tag among these and the tag itself, it deletes it among all tags too:
    each further tag can only make others older.
    """
    newest_first = _newest_first(tags)
    return {
        tag.name
        for rule in rules
        for tag in islice(_matching(rule, newest_first), rule.keep_last or 0)
    }


def _newest_first(tags: Sequence[Tag]) -> list[Tag]:
    by_name = sorted(tags, key=lambda tag: tag.name)
    return sorted(by_name, key=lambda tag: tag.pushed_at, reverse=True)


def _matching(rule: RetentionRule, tags: Sequence[Tag]) -> Iterator[Tag]:
    return (tag for tag in tags if matches(rule.tags, tag.name))


def _immutable(tag: Tag) -> Decision:
    return Decision(tag, Reason.IMMUTABLE, "The tag is immutable.")


def _keep(tag: Tag, rule: RetentionRule, *, rank: int, at: datetime) -> tuple[Reason, str] | None:
    """Return why the rule keeps the tag, or None. ``rank`` is 1 for the newest matching tag."""
    keeps = f'The rule for "{rule.tags}" keeps'
    if rule.keep_last is not None and rank <= rule.keep_last:
        if rule.keep_last == 1:
            return Reason.KEEP_LAST, f"{keeps} the newest tag, and this tag is the newest."
        return (
            Reason.KEEP_LAST,
            f"{keeps} the newest {rule.keep_last} tags, and this tag is number {rank}.",
        )
    days = rule.keep_pulled_within_days
    if tag.last_used_at is not None and _is_within(tag.last_used_at, days, at):
        return (
            Reason.KEEP_PULLED,
            f"{keeps} tags that were pulled or checked within {_days(days)}, and this tag was last "
            f"pulled or checked on {_date(tag.last_used_at)}.",
        )
    days = rule.keep_pushed_within_days
    if _is_within(tag.pushed_at, days, at):
        return (
            Reason.KEEP_PUSHED,
            f"{keeps} tags that were pushed within {_days(days)}, and this tag was pushed on "
            f"{_date(tag.pushed_at)}.",
        )
    return None


def _unkept(tag: Tag, rules: Sequence[RetentionRule], first: int | None) -> Decision:
    if first is None:
        return Decision(tag, Reason.NO_RULE, "No rule matches the tag.")
    rule = rules[first]
    reason = (
        f'The rule for "{rule.tags}" matches the tag, and no matching rule keeps it: '
        f"it {_enumerate(_missed(rule))}."
    )
    return Decision(tag, Reason.NOT_KEPT, reason, first)


def _missed(rule: RetentionRule) -> Iterator[str]:
    """Yield the conditions of the rule, negated."""
    if rule.keep_last is not None:
        newest = "the newest tag" if rule.keep_last == 1 else f"among the newest {rule.keep_last}"
        yield f"is not {newest}"
    if rule.keep_pulled_within_days is not None:
        yield f"was not pulled or checked within {_days(rule.keep_pulled_within_days)}"
    if rule.keep_pushed_within_days is not None:
        yield f"was not pushed within {_days(rule.keep_pushed_within_days)}"


def _is_within(time: datetime, days: int | None, at: datetime) -> bool:
    return days is not None and time >= at - timedelta(days=days)


def _days(days: int | None) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _date(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def _enumerate(parts: Iterable[str]) -> str:
    *head, last = parts
    return f"{', '.join(head)}, and {last}" if len(head) > 1 else " and ".join((*head, last))


@dataclass(frozen=True, slots=True)
class Progress:
    """What the events service has counted.

    Pulls and checks are known since ``began_at``, and all that were received before
    ``counted_until`` are counted. ``dead_letters`` events could not be counted.
    """

    began_at: datetime
    counted_until: datetime
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why retention does not run. ``detail`` is a sentence for people."""

    code: Literal["counting_behind", "dead_letters", "counts_too_young"]
    detail: str


def find_obstacles(
    progress: Progress | None, *, rules: Sequence[RetentionRule], at: datetime, now: datetime
) -> list[Obstacle]:
    """Return why retention must not run at the time ``now`` with ``rules`` for the moment ``at``.

    ``progress`` is None if the events service has never counted. A pull that is not counted could
    keep a tag, so every obstacle stops the run.
    """
    if progress is None or progress.counted_until < now - BEHIND_AFTER:
        since = "" if progress is None else f" since {_moment(progress.counted_until)}"
        return [
            Obstacle(
                "counting_behind",
                f"Pulls have not been counted{since}. Retention waits until they are.",
            )
        ]
    obstacles = []
    if progress.dead_letters:
        events = "1 event" if progress.dead_letters == 1 else f"{progress.dead_letters} events"
        obstacles.append(
            Obstacle(
                "dead_letters",
                f"{events} of the registry could not be counted. Retention waits until an "
                "administrator has replayed them.",
            )
        )
    days = max((rule.keep_pulled_within_days or 0 for rule in rules), default=0)
    if progress.began_at > at - timedelta(days=days) and days:
        obstacles.append(
            Obstacle(
                "counts_too_young",
                f"Pulls are known since {_moment(progress.began_at)}, and a rule asks for the last "
                f"{_days(days)}. Retention waits until "
                f"{_moment(progress.began_at + timedelta(days=days))}.",
            )
        )
    return obstacles


@dataclass(frozen=True, slots=True)
class Run:
    """A daily run. It decides for the moment ``at``, also if it goes on after a crash."""

    id: int
    at: datetime
    finished_at: datetime | None


def next_start(last: Run | None, *, now: datetime) -> datetime:
    """Return when the next run begins. ``last`` is finished, or None."""
    return now if last is None else last.at + EVERY


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
