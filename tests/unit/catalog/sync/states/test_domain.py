"""States of repositories: their content, and the push that set a tag."""

from datetime import UTC, datetime, timedelta

from services.catalog.sync.states.domain import Push, RepositoryState, TagState, tag_state

T0 = datetime(2026, 11, 24, tzinfo=UTC)


def test_repository_state_has_content_if_it_has_a_tag() -> None:
    tags = {"v1": TagState("sha256:1", Push(T0, "alice"), exact=True)}
    nothing: frozenset[str] = frozenset()
    state = RepositoryState("team", "app", T0, {}, tags, nothing, nothing)
    assert (state.path, state.has_content) == ("team/app", True)
    assert not RepositoryState("team", "app", T0, {}, {}, nothing, nothing).has_content


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
