"""Histories that are saved and loaded again."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from services.events.history import snapshot
from services.events.history.domain import SECOND_NS, Effect, History, Key
from services.events.history.state import IndexPull
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import CHILDREN, get, head
from tests.unit.events.history.pull_events import KNOWN, events_of

SIGNATURES = [digest_of(one).replace(":", "-") + ".sig" for one in ("index", "amd64", "image")]

_step = st.tuples(
    st.sampled_from(["head", "get"]),
    st.sampled_from(["index", "amd64", "arm64", "image", "index-of-indexes"]),
    st.sampled_from([None, "v1", "v2", *SIGNATURES]),
    st.sampled_from([0.0, 0.001, 1.0, 9.0, 50.0, 119.0, 121.0, 600.0, 899.0, 901.0]),
    st.sampled_from([None, None, None, "same"]),
)


@given(st.lists(_step, max_size=40), st.randoms(use_true_random=False))
def test_history_saved_between_events_counts_the_same(
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
        history.expire(part[-1].at_ns)
        history = snapshot.load(snapshot.dump(history), KNOWN)
    assert pieces == whole


def test_checkpoint_with_many_platforms_is_small() -> None:
    """Each batch of a client's events writes a checkpoint."""
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
    assert (loaded.index_pulls, loaded.credits) == (history.index_pulls, 20 * 1000 - 1)
    assert set(snapshot.possible_indexes(saved)) == set(known)


def test_checkpoint_in_the_first_format_is_loaded() -> None:
    index, (spent, unspent) = digest_of("index"), (digest_of(child) for child in CHILDREN[:2])
    saved = json.dumps(
        {
            "heads": [],
            "requests": [],
            "children": [spent, unspent],
            "grants": [[3, index, 900 * SECOND_NS, [1]]],
            "next": 4,
            "swept": 0,
        }
    )
    history = snapshot.load(saved, KNOWN)
    assert history.index_pulls == {3: IndexPull(index, 900 * SECOND_NS, {unspent})}
    known = {digest: KNOWN[digest] for digest in snapshot.possible_indexes(saved)}
    saved_again = snapshot.dump(snapshot.load(saved, known))
    assert snapshot.load(saved_again, known).index_pulls == history.index_pulls
