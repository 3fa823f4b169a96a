"""What a client's events count as, in whatever pieces they come."""

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.counting import snapshot
from services.events.counting.domain import (
    MAX_CREDITS,
    SECOND,
    Client,
    Effect,
    Grant,
    History,
    Key,
    PullEvent,
)
from services.events.ingest.domain import parse_event
from tests.kit.envelopes import digest_of
from tests.kit.pull_patterns import CHILDREN, Counts, Pattern, get, head, patterns

KNOWN = {
    digest_of("index"): tuple(digest_of(child) for child in CHILDREN),
    digest_of("index-of-indexes"): (digest_of("index"),),
}


def events_of(raw: list[dict[str, Any]]) -> list[PullEvent]:
    """As the worker takes them from the inbox, in the order of their keys."""
    parsed = [parse_event(item) for item in raw]
    return sorted(
        (
            PullEvent(
                e.event_id,
                e.at_ns,
                e.method == "HEAD",
                e.request_id,
                e.tag,
                e.digest or "",
                e.media_type,
            )
            for e in parsed
        ),
        key=lambda e: e.key,
    )


def counts_of(effects: dict[Key, Effect | None]) -> Counts:
    pulls, checks = Counter[str](), Counter[str]()
    for effect in effects.values():
        if effect is not None:
            (pulls if effect.kind == "pull" else checks)[effect.tag] += 1
    return {tag: (pulls[tag], checks[tag]) for tag in pulls | checks}


@pytest.mark.parametrize("pattern", patterns(), ids=str)
def test_a_clients_pattern_counts_as_it_should(pattern: Pattern) -> None:
    assert counts_of(History(KNOWN).count(events_of(list(pattern.events)))) == pattern.expected


def test_a_pull_after_a_pull_counts_each_time() -> None:
    history = History(KNOWN)
    raw = [
        get(n * 5 + part / 10, digest, "v1" if part == 0 else None)
        for n in range(50)
        for part, digest in enumerate(("index", "arm64"))
    ]
    assert counts_of(history.count(events_of(raw))) == {"v1": (50, 0)}


def test_the_youngest_pull_pays_so_that_what_was_left_over_expires() -> None:
    raw = [get(0, "index", "v1"), get(600, "index", "v1"), get(601, "amd64"), get(1000, "amd64")]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (2, 0), "": (1, 0)}


def test_two_events_of_one_request_are_one_also_when_the_tag_comes_second() -> None:
    raw = [get(0, "amd64", request_id="one"), get(0.5, "index", "v1", request_id="one")]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (1, 0)}


def test_a_client_that_was_served_the_child_gets_no_credit_for_it() -> None:
    raw = [
        get(0, "index", "v1", request_id="one"),
        get(0.001, "amd64", request_id="one"),
        get(60, "amd64"),
    ]
    assert counts_of(History(KNOWN).count(events_of(raw))) == {"v1": (1, 0), "": (1, 0)}


def test_a_history_does_not_grow_without_end() -> None:
    history = History(KNOWN)
    history.count(
        events_of([get(n / 100, "index", "v1") for n in range(MAX_CREDITS // len(CHILDREN) + 500)])
    )
    assert (
        history.credits == sum(len(grant.left) for grant in history.grants.values()) <= MAX_CREDITS
    )


_step = st.tuples(
    st.sampled_from(["head", "get"]),
    st.sampled_from(["index", "amd64", "arm64", "image", "index-of-indexes"]),
    st.sampled_from([None, "v1", "v2"]),
    st.sampled_from([0.0, 0.001, 1.0, 9.0, 50.0, 119.0, 121.0, 600.0, 899.0, 901.0]),
    st.sampled_from([None, None, None, "same"]),
)


@given(st.lists(_step, max_size=40), st.randoms(use_true_random=False))
def test_a_history_in_pieces_counts_as_in_one(
    steps: list[tuple[str, str, str | None, float, str | None]], dice: random.Random
) -> None:
    raw, at = [], 0.0
    for kind, digest, tag, pause, request_id in steps:
        at += pause
        raw.append((head if kind == "head" else get)(at, digest, tag, request_id=request_id))
    events = events_of(raw)
    whole = History(KNOWN).count(events)

    pieces: dict[Key, Effect | None] = {}
    history = History(KNOWN)
    while events:
        cut = dice.randint(1, len(events))
        part, events = events[:cut], events[cut:]
        pieces |= history.count(part)
        history.forget(part[-1].at_ns)
        history = snapshot.load(snapshot.dump(history), KNOWN)
    assert pieces == whole


def test_a_thousand_platforms_take_little_of_a_checkpoint() -> None:
    """It is written with each batch of a client's events."""
    known = {
        digest_of(f"index-{n}"): tuple(digest_of(f"child-{n}-{m}") for m in range(1000))
        for n in range(20)
    }
    history = History(known)
    events = events_of([get(n, f"index-{n}", "v1") for n in range(20)] + [get(60, "child-7-9")])
    history.count(events)
    saved = snapshot.dump(history)
    assert len(saved) < 20 * 500
    loaded = snapshot.load(saved, known)
    assert (loaded.grants, loaded.credits) == (history.grants, 20 * 1000 - 1)
    assert set(snapshot.possible_indexes(saved)) == set(known)


def test_a_checkpoint_of_the_first_form_counts_on() -> None:
    index, (taken, left) = digest_of("index"), (digest_of(child) for child in CHILDREN[:2])
    saved = {
        "heads": [],
        "requests": [],
        "children": [taken, left],
        "grants": [[3, index, 900 * SECOND, [1]]],
        "next": 4,
        "swept": 0,
    }
    history = snapshot.load(json.dumps(saved), KNOWN)
    assert history.grants == {3: Grant(index, 900 * SECOND, {left})}
    known = {
        digest: KNOWN[digest] for digest in snapshot.possible_indexes(json.dumps(saved))
    }  # what is asked for, to count on
    assert (
        snapshot.load(snapshot.dump(snapshot.load(json.dumps(saved), known)), known).grants
        == history.grants
    )


def test_the_same_client_has_the_same_id_and_another_has_not() -> None:
    client = Client("team/app", "alice", "10.0.0.1", "docker")
    assert client.id == Client("team/app", "alice", "10.0.0.1", "docker").id
    assert client.id != Client("team/app", "alice", "10.0.0.1d", "ocker").id


def test_what_expired_is_forgotten() -> None:
    history = History(KNOWN)
    events = events_of([head(0, "index"), get(1, "index")])
    history.count(events)
    history.forget(events[-1].at_ns + 3600 * SECOND)
    assert (history.heads, history.requests, history.grants, history.stacks, history.credits) == (
        {},
        {},
        {},
        {},
        0,
    )
