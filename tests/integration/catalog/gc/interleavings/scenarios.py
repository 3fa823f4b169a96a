"""What hypothesis fills in: who acts in an interleaving, and where each of them stops.

A blob can only be lost if one process stops at a certain point while others act. So a scenario lets
a few processes run from one such point to the next, in an order that is known to be dangerous.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from tests.integration.catalog.gc.interleavings.universe import CONTENTS, REPOSITORIES, TAGS, Style
from tests.kit.interleaving.scheduler import Stop


class Actor(Enum):
    PUSHER = "pusher"
    OTHER_PUSHER = "other pusher"
    GARBAGE_COLLECTOR = "garbage collector"
    OTHER_GARBAGE_COLLECTOR = "other garbage collector"
    DELETER = "deleter"
    REPLICA = "replica"
    RESOLVER = "resolver"
    LOADING_GATE = "loading gate"
    RENEWING_GATE = "renewing gate"
    FLUSHING_GATE = "flushing gate"


Step = tuple[Any, ...]
"""("run", actor, stop), ("kill", actor), ("give up", actor), ("time", seconds), ("back up",), or
("restore",)."""


@dataclass(frozen=True)
class Pushed:
    """What a pusher pushes. The numbers are those of the universe."""

    content: int
    repository: int
    tag: str | None
    style: Style


@dataclass(frozen=True)
class Scenario:
    """An interleaving. ``is_marked``: blobs that nothing needs were marked an hour before."""

    grace_minutes: int
    is_marked: bool
    per_second: int
    seconds_between: int
    push: Pushed
    other_push: Pushed
    deleted: int
    steps: tuple[Step, ...]
    rotation: int


def _one_of(*strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return each as often as it is given. st.one_of takes equal ones once, and splits them."""
    return st.sampled_from(strategies).flatmap(lambda chosen: chosen)


_INSIDE = st.integers(0, 6)
_PUSH_STOPS = _one_of(
    _INSIDE.map(lambda place: Stop("open_push", inside=place)),
    st.sampled_from(
        [
            Stop("HEAD blob"),
            Stop("HEAD blob", times=3),
            Stop("mounts"),
            Stop("completes"),
            Stop("completes", times=2),
            Stop("completes", times=3),
            Stop("open_push"),
            Stop("sends PUT"),
            Stop("sends PUT", times=2),
            Stop("looks for the"),
            Stop("looks for its own blob"),
            Stop("writes its own blob"),
            Stop("links the manifest"),
            Stop("record_push"),
            Stop("record_push", inside=2),
        ]
    ),
)
_MARKING = [
    Stop("mark"),
    Stop("commits", after="mark"),
    Stop("commits", after="mark"),
    Stop("have_ended"),
    Stop("start_wait"),
]
_CLAIMING = [
    Stop("take_lease"),
    Stop("claim"),
    Stop("commits", after="claim"),
    *(Stop("claim", inside=place) for place in range(3)),
]
_DELETING = [
    *[Stop("renames", times=times) for times in (1, 1, 1, 2, 3)],
    Stop("storage: move_blobs"),
    Stop("remove_deleted"),
    Stop("commits", after="remove_deleted"),
    Stop("storage: end_sweep"),
]
_LISTING = [Stop("storage: take"), Stop("list_unscanned"), Stop("list_unknown")]
_COLLECT_STOPS = st.sampled_from([*_MARKING, *_CLAIMING, *_DELETING, *_DELETING, *_LISTING])
_SWEEPING = st.sampled_from([*_CLAIMING, *_DELETING, *_DELETING])
_VOIDING = st.sampled_from([None, None, Stop("void_lease"), Stop("storage: end_sweep")])
_END = st.none()


def _run(actor: Actor, *stops: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just("run"), st.just(actor), _one_of(*stops))


def _kill(actor: Actor) -> st.SearchStrategy[Step]:
    return st.tuples(st.sampled_from(["kill", "give up"]), st.just(actor))


def _in_order(*steps: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Step, ...]]:
    """Return the steps; a step of None is left out."""
    return st.tuples(*steps).map(lambda chosen: tuple(one for one in chosen if one is not None))


def _maybe(step: st.SearchStrategy[Step]) -> st.SearchStrategy[Step | None]:
    return _one_of(step, st.none())


_TIME = st.tuples(st.just("time"), st.sampled_from([16, 16, 6, 3601]))
_LEASE_ENDS = st.just(("time", 16))
_BACK_UP = st.just(("back up",))
_RESTORE = st.just(("restore",))
_OTHERS = [
    Actor.OTHER_PUSHER,
    Actor.DELETER,
    Actor.RESOLVER,
    Actor.OTHER_GARBAGE_COLLECTOR,
    Actor.REPLICA,
]
_GATES = [Actor.LOADING_GATE, Actor.RENEWING_GATE, Actor.FLUSHING_GATE]
_OTHER = st.tuples(
    st.just("run"),
    st.sampled_from([*_OTHERS, *_GATES]),
    _one_of(_END, _END, _PUSH_STOPS, _COLLECT_STOPS),
)
_PUSH, _COLLECT = _run(Actor.PUSHER, _PUSH_STOPS), _run(Actor.GARBAGE_COLLECTOR, _COLLECT_STOPS)
_PUSH_ON = _run(Actor.PUSHER, _END, _END, _PUSH_STOPS)

# A push begins before the garbage collector acts, and ends while it acts.
_AROUND = _in_order(_PUSH, _COLLECT, _PUSH_ON, _maybe(_OTHER))
# A push does not see the marks that are added while its intent is inserted. And the registry does
# not look again for the blobs of a manifest that it is about to link.
_UNSEEN = _in_order(
    _run(
        Actor.PUSHER,
        st.sampled_from([Stop("open_push", inside=place) for place in (2, 3, 2, 3, 0, 1)]),
        st.sampled_from([Stop("looks for its own blob"), Stop("links the manifest")]),
    ),
    _run(Actor.GARBAGE_COLLECTOR, _END, *[st.sampled_from(_DELETING)] * 2),
    _run(Actor.PUSHER, _END),
)
# The garbage collector stops, and a push begins.
_WITHIN = _in_order(_COLLECT, _PUSH_ON, _maybe(_COLLECT), _maybe(_OTHER), _maybe(_PUSH_ON))
# The process of a sweep stops, and another one voids its lease, or sweeps.
_STOPPED = _in_order(
    _maybe(_PUSH),
    _run(Actor.GARBAGE_COLLECTOR, _SWEEPING),
    _maybe(_PUSH),
    _LEASE_ENDS,
    _one_of(
        _run(Actor.REPLICA, _VOIDING), _run(Actor.OTHER_GARBAGE_COLLECTOR, _VOIDING, _COLLECT_STOPS)
    ),
    _maybe(_run(Actor.PUSHER, _END)),
    _maybe(_COLLECT),
    _maybe(_run(Actor.REPLICA, _END)),
    _maybe(_run(Actor.PUSHER, _END)),
)
# A process is killed, and others continue its work.
_KILLED = _in_order(
    _PUSH,
    _maybe(_COLLECT),
    _one_of(_kill(Actor.PUSHER), _kill(Actor.GARBAGE_COLLECTOR)),
    _TIME,
    _one_of(_OTHER, _COLLECT),
    _maybe(_run(Actor.RESOLVER, _END)),
    _run(Actor.OTHER_GARBAGE_COLLECTOR, _END, _COLLECT_STOPS),
    _maybe(_PUSH_ON),
)
# A gate has answered that a blob exists, and does not know marks yet.
_ANSWERED = _in_order(
    _run(Actor.PUSHER, st.sampled_from([Stop("HEAD blob", times=2), Stop("open_push")])),
    _COLLECT,
    _one_of(_TIME, _OTHER),
    _run(Actor.GARBAGE_COLLECTOR, _END, _COLLECT_STOPS),
    _maybe(_OTHER),
    _PUSH_ON,
)
# The database is restored from a backup.
_RESTORED = _in_order(
    _maybe(_COLLECT),
    _maybe(_PUSH),
    _BACK_UP,
    _maybe(_PUSH_ON),
    _run(Actor.GARBAGE_COLLECTOR, _END, _COLLECT_STOPS, _SWEEPING),
    _maybe(_OTHER),
    _RESTORE,
    _maybe(_PUSH_ON),
    _run(Actor.OTHER_GARBAGE_COLLECTOR, _END, _COLLECT_STOPS),
    _maybe(_COLLECT),
    _maybe(_PUSH_ON),
)
_ANY = st.lists(
    _one_of(_PUSH_ON, _COLLECT, _OTHER, _TIME, _kill(Actor.PUSHER), _kill(Actor.GARBAGE_COLLECTOR)),
    min_size=2,
    max_size=8,
).map(tuple)

_styles = st.sampled_from(list(Style))
_pushes = st.builds(
    Pushed,
    st.sampled_from([0, 0, 0, *range(len(CONTENTS))]),
    st.integers(0, len(REPOSITORIES) - 1),
    st.sampled_from([*TAGS, None]),
    _styles,
)


_accepted_pushes = st.builds(
    Pushed,
    st.integers(0, 2),
    st.just(0),
    st.sampled_from([*TAGS, None]),
    st.sampled_from([Style.BLIND, Style.UPLOAD, Style.MOUNT]),
)


def _scenarios(
    steps: st.SearchStrategy[tuple[Step, ...]], *, grace: tuple[int, ...] = (0, 60), **given: Any
) -> st.SearchStrategy[Scenario]:
    fields: dict[str, Any] = {
        "grace_minutes": st.sampled_from(grace),
        "is_marked": st.booleans(),
        "per_second": st.sampled_from([*[0] * 6, 1, 10]),
        "seconds_between": st.just(3601),
        "push": _pushes,
        "other_push": _pushes,
        "deleted": st.integers(0, len(CONTENTS) - 1),
        "steps": steps,
        "rotation": st.integers(0, 3),
    }
    return st.builds(Scenario, **(fields | given))


scenarios = _one_of(
    *[_scenarios(_AROUND)] * 2,
    *[_scenarios(_UNSEEN, is_marked=st.just(False), push=_accepted_pushes)] * 4,
    *[_scenarios(_WITHIN)] * 3,
    *[_scenarios(_STOPPED)] * 2,
    _scenarios(_KILLED),
    _scenarios(
        _ANSWERED,
        grace=(60,),
        is_marked=st.just(False),
        seconds_between=st.sampled_from([0, 0, 3601]),
        push=st.builds(Pushed, st.integers(0, 2), st.just(0), st.just("v1"), st.just(Style.GATED)),
    ),
    _scenarios(_RESTORED),
    _scenarios(_ANY, seconds_between=st.sampled_from([0, 16, 3601])),
)
