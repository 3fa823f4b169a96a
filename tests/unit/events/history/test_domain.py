"""Pulls and checks that a client's events count as."""

from collections import Counter

import pytest

from services.events.history.domain import (
    MAX_CREDITS,
    SECOND_NS,
    Client,
    Effect,
    History,
    Key,
)
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import (
    CHILDREN,
    SUBJECTS,
    Counts,
    Pattern,
    get,
    head,
    patterns,
    referrer_patterns,
    signature_patterns,
)
from tests.unit.events.history.pull_events import KNOWN, events_of


def counts_of(effects: dict[Key, Effect | None]) -> Counts:
    pulls, checks = Counter[str](), Counter[str]()
    for effect in effects.values():
        if effect is not None:
            (pulls if effect.kind == "pull" else checks)[effect.tag] += 1
    return {tag: (pulls[tag], checks[tag]) for tag in pulls | checks}


@pytest.mark.parametrize("pattern", patterns() + signature_patterns(), ids=str)
def test_events_of_a_real_client_count_as_one_pull(pattern: Pattern) -> None:
    assert counts_of(History(KNOWN).count(events_of(list(pattern.events)))) == pattern.expected


@pytest.mark.parametrize("pattern", referrer_patterns(), ids=str)
def test_request_of_a_referrer_by_digest_is_no_pull(pattern: Pattern) -> None:
    subjects = {digest_of(one): digest_of(subject) for one, subject in SUBJECTS.items()}
    history = History(KNOWN, subjects=subjects)
    assert counts_of(history.count(events_of(list(pattern.events)))) == pattern.expected


def test_each_of_many_pulls_of_an_index_counts() -> None:
    history = History(KNOWN)
    raw = [
        get(n * 5 + part / 10, digest, "v1" if part == 0 else None)
        for n in range(50)
        for part, digest in enumerate(("index", "arm64"))
    ]
    assert counts_of(history.count(events_of(raw))) == {"v1": (50, 0)}


def test_newest_pull_spends_its_credit_first() -> None:
    raw = [get(0, "index", "v1"), get(600, "index", "v1"), get(601, "amd64"), get(1000, "amd64")]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (2, 0), "": (1, 0)}


def test_two_events_of_one_request_count_once_if_the_tagged_event_is_second() -> None:
    raw = [get(0, "amd64", request_id="one"), get(0.5, "index", "v1", request_id="one")]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (1, 0)}


def test_client_that_received_the_child_has_no_credit_for_it() -> None:
    raw = [
        get(0, "index", "v1", request_id="one"),
        get(0.001, "amd64", request_id="one"),
        get(60, "amd64"),
    ]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (1, 0), "": (1, 0)}


def test_child_counts_by_digest_if_the_head_of_its_index_is_too_old() -> None:
    # The pull at 115 s expires old state. Then the HEAD is 115 s old, and still valid.
    raw = [head(0, "index"), get(115, "image"), get(121, "amd64")]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (0, 1), "": (2, 0)}


def test_credits_of_a_client_are_bounded() -> None:
    history = History(KNOWN)
    history.count(
        events_of([get(n / 100, "index", "v1") for n in range(MAX_CREDITS // len(CHILDREN) + 500)])
    )
    assert (
        history.credits
        == sum(len(pull.credits) for pull in history.index_pulls.values())
        <= MAX_CREDITS
    )


def test_client_id_depends_on_every_part_of_the_client() -> None:
    client = Client("team/app", "alice", "10.0.0.1", "docker")
    assert client.id == Client("team/app", "alice", "10.0.0.1", "docker").id
    assert client.id != Client("team/app", "alice", "10.0.0.1d", "ocker").id


def test_expired_state_is_dropped() -> None:
    history = History(KNOWN)
    events = events_of([head(0, "index"), get(1, "index")])
    history.count(events)
    history.expire(events[-1].at_ns + 3600 * SECOND_NS)
    assert history == History(KNOWN, next_number=1, expired_ns=history.expired_ns)
