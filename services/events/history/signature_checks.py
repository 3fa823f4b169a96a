"""Recognizes that a client has fetched an image only to check its signature.

``cosign verify`` fetches the manifest of the image, and right after it the signature: a tag whose
name has the digest of the image, or a manifest whose subject is the image. It fetches no layer. The
registry reports no layers, so a client that fetches signatures before it pulls an image of one
platform looks the same: podman and CRI-O do if their policy demands it, and so do programs that
copy an image with its referrers. For an image of several platforms, they fetch the signature of
a child, so their pull of the index stays a pull.
"""

from dataclasses import dataclass, field

from services.events.history.state import SECOND_NS, Key

SIGNATURE_WINDOW_NS = 10 * SECOND_NS


@dataclass(frozen=True, slots=True)
class LatestPull:
    """An event that counted as a pull of ``tag``, and the index pull that it began, if any."""

    key: Key
    tag: str
    may_be_index: bool
    index_pull: int | None


@dataclass(slots=True)
class LatestPulls:
    """The pulls of one client in the last seconds, by the digest of the manifest."""

    by_digest: dict[str, list[LatestPull]] = field(default_factory=dict)

    def add(self, digest: str, pull: LatestPull) -> None:
        """Note a pull, in the order of time."""
        self.by_digest.setdefault(digest, []).append(pull)

    def remove(self, key: Key) -> None:
        """Drop the pull of an event that lost its effect."""
        for pulls in self.by_digest.values():
            pulls[:] = [pull for pull in pulls if pull.key != key]

    def take(self, digest: str, at_ns: int) -> list[LatestPull]:
        """Return the pulls that a request for the signature at ``at_ns`` shows to be checks."""
        return [
            pull
            for pull in self.by_digest.pop(digest, ())
            if at_ns - pull.key[0] <= SIGNATURE_WINDOW_NS
        ]

    def expire(self, at_ns: int) -> None:
        """Drop the pulls that no request after ``at_ns`` can show to be checks."""
        kept = {
            digest: [pull for pull in pulls if at_ns - pull.key[0] <= SIGNATURE_WINDOW_NS]
            for digest, pulls in self.by_digest.items()
        }
        self.by_digest = {digest: pulls for digest, pulls in kept.items() if pulls}
