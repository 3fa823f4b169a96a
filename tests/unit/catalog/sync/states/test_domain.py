"""States of repositories: which manifests and tags they have, and who pushed them."""

from datetime import UTC, datetime, timedelta

from libs.common.registry.manifests import NO_CONFIG, parse_manifest
from services.catalog.images.description import Described, describe_image
from services.catalog.intents.domain import UNTOUCHED, Touched
from services.catalog.sync.states.domain import (
    Push,
    RepositoryState,
    Wanted,
    states_of,
    tag_state,
)

T0 = datetime(2026, 11, 24, tzinfo=UTC)
APP = "team/app"


def described(digest: str) -> Described:
    manifest = parse_manifest(b"{}", digest=digest, media_type="m")
    return describe_image(manifest, NO_CONFIG)


def state(wanted: Wanted, tags: dict[str, str | None], *described_digests: str) -> RepositoryState:
    """Return the state if the registry has ``tags`` and the catalog has only `known`."""
    (found,) = states_of(
        [wanted],
        tags={(APP, tag): digest for tag, digest in tags.items()},
        described={(APP, digest): described(digest) for digest in described_digests},
        known={(APP, "known"), ("other/app", "elsewhere")},
        gone={(APP, "gone"), ("other/app", "elsewhere")},
    )
    return found


def test_tag_was_set_by_the_latest_push_of_its_digest() -> None:
    pushes: list[tuple[str | None, Push]] = [
        ("sha256:1", Push(T0, "alice")),
        ("sha256:1", Push(T0 + timedelta(minutes=2), "bob")),
        ("sha256:2", Push(T0 + timedelta(minutes=1), "zoe")),
    ]
    one = tag_state("sha256:1", pushes, T0)
    assert (one.push.by, one.exact) == ("bob", True)
    assert tag_state("sha256:2", pushes, T0).push.by == "zoe"
    other = tag_state("sha256:3", pushes, T0)
    assert (other.push.by, other.exact) == ("bob", False), "until its own event arrives"
    assert tag_state("sha256:3", [], T0).push == Push(T0, "")


def test_tag_on_a_new_or_known_manifest_is_present_and_any_other_is_gone() -> None:
    wanted = Wanted("team", "app", tags={"v1": [], "v2": [], "v3": [], "v4": []})
    found = state(wanted, {"v1": "new", "v2": "known", "v3": None, "v4": "elsewhere"}, "new")
    assert {tag: of.digest for tag, of in found.tags.items()} == {"v1": "new", "v2": "known"}
    assert found.gone_tags == {"v3", "v4"}
    assert found.gone_manifests == {"gone"}
    assert (found.path, found.has_content) == (APP, True)


def test_repository_without_manifests_and_tags_has_no_content() -> None:
    assert not state(Wanted("team", "app", tags={"v1": []}), {"v1": None}).has_content


def test_manifest_has_the_push_of_its_digest_or_of_its_tag() -> None:
    by_digest, by_tag = Push(T0, "alice"), Push(T0, "bob")
    wanted = Wanted("team", "app", tags={"v1": [("b", by_tag)]}, digests={"a": by_digest})
    found = state(wanted, {"v1": "b"}, "a", "b")
    assert {digest: push for digest, (_, push) in found.manifests.items()} == {
        "a": by_digest,
        "b": by_tag,
    }


def test_child_has_the_push_of_its_index() -> None:
    wanted = Wanted("team", "app", digests={"index": Push(T0, "alice")}, pushed_at=T0)
    found = state(wanted, {}, "index", "child")
    assert found.manifests["child"][1] == Push(T0, "alice")


def test_child_without_a_reported_push_has_no_pusher() -> None:
    found = state(Wanted("team", "app", noticed_at=T0), {}, "child")
    assert found.manifests["child"][1] == Push(T0, "")


def test_unreadable_tag_or_manifest_stays_as_it_is() -> None:
    wanted = Wanted("team", "app", tags={"v1": [], "v2": [], "v3": []})
    (found,) = states_of(
        [wanted],
        tags={(APP, "v2"): "damaged", (APP, "v3"): None},
        described={},
        known=(),
        gone=(),
        unreadable={(APP, "v1"), (APP, "damaged"), ("other/app", "v3")},
    )
    assert found.gone_tags == {"v3"}
    assert found.unreadable == {"v1", "v2", "damaged"}


def test_what_intents_are_changing_is_not_read() -> None:
    wanted = Wanted(
        "team",
        "app",
        tags={"v1": [], "v2": []},
        digests={"a": Push(T0, "dev"), "b": Push(T0, "dev")},
        deleted={"a", "c"},
    )
    wanted.leave_out(Touched(frozenset({"v1"}), frozenset({"a"})))
    assert set(wanted.tags) == {"v2"}
    assert set(wanted.digests) == {"b"}
    assert wanted.deleted == {"c"}


def test_tag_that_all_events_set_to_its_recorded_digest_is_not_read() -> None:
    pushed: list[tuple[str | None, Push]] = [("a", Push(T0, "dev"))]
    moved: list[tuple[str | None, Push]] = [*pushed, ("b", Push(T0, "dev"))]
    wanted = Wanted("team", "app", tags={"same": pushed, "moved": moved, "compared": []})
    wanted.leave_out_tags({"same": "a", "moved": "a", "compared": "a"})
    assert set(wanted.tags) == {"moved", "compared"}


def test_state_is_without_what_intents_have_changed() -> None:
    wanted = Wanted("team", "app", tags={"v1": [], "v2": [], "gone": []})
    found = state(wanted, {"v1": "new", "v2": "known", "gone": None}, "new")
    assert found.without(UNTOUCHED) is found
    left = found.without(Touched(frozenset({"v1", "gone"}), frozenset({"new", "gone"})))
    assert set(left.tags) == {"v2"}
    assert (left.gone_tags, left.gone_manifests, left.manifests) == (frozenset(), frozenset(), {})


def test_tag_changes_if_it_moved_or_is_gone_or_its_manifest_is() -> None:
    found = state(Wanted("team", "app", tags={"v1": [], "v2": []}), {"v1": "known", "v2": None})
    assert found.changes("v1", "another")
    assert found.changes("v2", "known")
    assert found.changes("v3", "gone")
    assert not found.changes("v1", "known")
    assert not found.changes("v3", "known")
    assert not found.with_manifests(["gone"]).changes("v3", "gone")
