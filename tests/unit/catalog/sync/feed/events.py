"""Events of the feed."""

from datetime import UTC, datetime, timedelta

from services.catalog.sync.feed.domain import FeedEvent, Position

T0 = datetime(2026, 11, 24, tzinfo=UTC)
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def event(
    action: str = "push",
    *,
    minute: int = 0,
    repository: str = "team/app",
    tag: str | None = None,
    digest: str | None = None,
    media_type: str | None = _MANIFEST,
) -> FeedEvent:
    """Return an event ``minute`` minutes after T0."""
    at = T0 + timedelta(minutes=minute)
    return FeedEvent(
        Position(1, minute), at, action, repository, tag, digest, media_type, docker_user="alice"
    )
