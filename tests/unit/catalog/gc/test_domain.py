"""The order in which garbage is deleted."""

from datetime import UTC, datetime

from services.catalog.gc.domain import Untagged, parents_first


def test_indexes_come_before_their_children() -> None:
    since = datetime(2026, 11, 24, tzinfo=UTC)
    child, index = (Untagged("team/app", digest, since, 1) for digest in ("child", "index"))
    assert parents_first([child, index], {child.key}) == [index, child]
