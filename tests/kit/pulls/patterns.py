"""The events of one pull, recorded from each real client, and their expected counts.

Source: notifications of Distribution while docker, podman, skopeo, containerd, crane, and buildkit
pull images for one and for several platforms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.kit.pulls.envelopes import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, digest_of, event

CHILDREN = ("amd64", "arm64", "attestation")

SUBJECTS = {"referrer": "image", "other-referrer": "amd64"}
"""The subject of each referrer."""

Counts = dict[str, tuple[int, int]]
"""(pulls, checks) by tag."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """``events`` in order of time, and their counts. The children of ``index`` are CHILDREN."""

    name: str
    events: Sequence[dict[str, Any]]
    expected: Counts

    def __str__(self) -> str:
        return self.name


def head(at: float, digest: str = "image", tag: str | None = "v1", **fields: Any) -> dict[str, Any]:
    """Return the event of a HEAD of a manifest."""
    return event(at=at, method="HEAD", digest=digest, tag=tag, **_typed(digest, fields))


def get(at: float, digest: str = "image", tag: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return the event of a GET of a manifest, by digest unless ``tag`` is given."""
    return event(at=at, method="GET", digest=digest, tag=tag, **_typed(digest, fields))


def _typed(digest: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"media_type": OCI_INDEX if digest.startswith("index") else OCI_MANIFEST} | fields


def _artifact_tag(digest: str, suffix: str = "") -> str:
    return digest_of(digest).replace(":", "-") + suffix


def signature_patterns() -> list[Pattern]:
    """Return the patterns of clients that fetch signatures and other referrers.

    cosign 2.6 was recorded; podman with a policy of signatures and oras follow their source code.
    """
    signature, fallback = _artifact_tag("image", ".sig"), _artifact_tag("image")
    of_index = _artifact_tag("index", ".sig")
    return [
        Pattern(
            "cosign verify",
            [get(0, tag="v1"), get(0.2, tag="v1"), get(0.4, "signature", signature)],
            {"v1": (0, 2)},
        ),
        Pattern(
            "cosign verify by digest", [get(0), get(0.2, "signature", signature)], {"": (0, 1)}
        ),
        Pattern(
            "cosign verify of several platforms",
            [get(0, "index", "v1"), get(0.2, "signature", of_index)],
            {"v1": (0, 1)},
        ),
        Pattern(
            "a checked tag, then the signature, by a HEAD each",
            [head(0), get(0.1), head(0.2, "signature", signature), get(0.3, "signature")],
            {"v1": (0, 2)},
        ),
        Pattern(
            "podman with a policy: several platforms",
            [
                get(0, "index", "v1"),
                get(0.1, "amd64"),
                get(0.2, "signature", _artifact_tag("amd64", ".sig")),
            ],
            {"v1": (1, 0)},
        ),
        Pattern(
            "a signature more than ten seconds after the pull",
            [get(0, tag="v1"), get(10.001, "signature", signature)],
            {"v1": (1, 0)},
        ),
        Pattern(
            "a pull after the check of the signature",
            [get(0, tag="v1"), get(1, "signature", signature), get(2, tag="v1")],
            {"v1": (1, 1)},
        ),
        Pattern(
            "oras discover with a fallback tag, and a pull of each referrer",
            [
                head(0),
                get(0.1, "index", fallback),
                *(get(0.2 + n / 10, child) for n, child in enumerate(CHILDREN)),
            ],
            {"v1": (0, 1)},
        ),
        Pattern("cosign download signature", [get(0, "signature", signature)], {}),
        Pattern("cosign triangulate", [head(0, "signature", signature)], {}),
    ]


def referrer_patterns() -> list[Pattern]:
    """Return the patterns of clients that fetch referrers by digest. See SUBJECTS.

    cosign 2.6 with the referrers API was recorded.
    """
    return [
        Pattern(
            "cosign verify with the referrers API",
            [
                get(0, tag="v1"),
                get(0.2, "referrer"),
                get(0.4, tag="v1"),
                get(0.6, "referrer"),
            ],
            {"v1": (0, 2)},
        ),
        Pattern("HEAD of a referrer by its digest", [head(0, "referrer", None)], {"": (0, 1)}),
        Pattern("oras pull of a referrer", [get(0, "referrer")], {}),
        Pattern("pull of a referrer by its tag", [get(0, "referrer", "sbom")], {"sbom": (1, 0)}),
        Pattern(
            "pull, then another image's referrer",
            [get(0, tag="v1"), get(0.2, "index-of-indexes"), get(0.3, "other-referrer")],
            {"v1": (1, 0), "": (1, 0)},
        ),
    ]


def patterns() -> list[Pattern]:
    """Return the patterns of every client, with new event IDs."""
    twice = {"request_id": "3f0c6a52-one-request"}
    return [
        Pattern("skopeo, podman, crane: one platform", [get(0, tag="v1")], {"v1": (1, 0)}),
        Pattern(
            "skopeo, podman, crane: several platforms",
            [get(0, "index", "v1"), get(0.1, "amd64")],
            {"v1": (1, 0)},
        ),
        Pattern(
            "skopeo copy --all",
            [get(0, "index", "v1"), *(get(1 + n, child) for n, child in enumerate(CHILDREN))],
            {"v1": (1, 0)},
        ),
        Pattern("dockerd: one platform", [head(0), get(0.1)], {"v1": (1, 1)}),
        Pattern(
            "dockerd: several platforms",
            [head(0, "index"), get(0.1, "index"), get(0.2, "amd64")],
            {"v1": (1, 1)},
        ),
        Pattern("dockerd: the image is present", [head(0)], {"v1": (0, 1)}),
        Pattern(
            "dockerd: a second tag on the same digest",
            [head(0), get(0.1), head(5, tag="v2")],
            {"v1": (1, 1), "v2": (0, 1)},
        ),
        Pattern("containerd: one platform", [head(0), get(0.1)], {"v1": (1, 1)}),
        Pattern(
            "containerd: several platforms, every child",
            [
                head(0, "index"),
                get(0.1, "index"),
                *(get(0.2 + n / 10, child) for n, child in enumerate(CHILDREN)),
            ],
            {"v1": (1, 1)},
        ),
        Pattern("containerd: the image is present", [head(0, "index")], {"v1": (0, 1)}),
        Pattern(
            "ctr pull --all-platforms with the index present",
            [head(0, "index"), *(get(1 + n / 10, child) for n, child in enumerate(CHILDREN))],
            {"v1": (1, 1)},
        ),
        Pattern(
            "Debian's ctr: one child",
            [head(0, "index"), get(0.1, "index"), get(0.2, "arm64")],
            {"v1": (1, 1)},
        ),
        Pattern(
            "ctr push", [head(0, tag=None), head(1, "index", tag="v1")], {"": (0, 1), "v1": (0, 1)}
        ),
        Pattern(
            "docker manifest inspect",
            [get(0, "index", "v1"), get(0.1, "index", "v1")],
            {"v1": (2, 0)},
        ),
        Pattern("pull by digest alone", [get(0)], {"": (1, 0)}),
        Pattern(
            "pull of an index by digest alone", [get(0, "index"), get(0.1, "amd64")], {"": (1, 0)}
        ),
        Pattern(
            "a client that cannot read a Docker list",
            [get(0, "index", "v1", media_type=DOCKER_LIST, **twice), get(0.001, "amd64", **twice)],
            {"v1": (1, 0)},
        ),
        Pattern(
            "a HEAD more than two minutes before the GET",
            [head(0), get(121)],
            {"v1": (0, 1), "": (1, 0)},
        ),
        Pattern("a HEAD exactly two minutes before the GET", [head(0), get(120)], {"v1": (1, 1)}),
        Pattern(
            "a slow pull of many platforms",
            [get(0, "index", "v1"), get(800, "amd64"), get(1600, "arm64")],
            {"v1": (1, 0)},
        ),
        Pattern(
            "a child more than 15 minutes after the index",
            [get(0, "index", "v1"), get(901, "amd64")],
            {"v1": (1, 0), "": (1, 0)},
        ),
        Pattern(
            "two concurrent pulls",
            [get(0, "index", "v1"), get(0.1, "index", "v1"), get(0.2, "amd64"), get(0.3, "amd64")],
            {"v1": (2, 0)},
        ),
        Pattern(
            "the same child fetched twice",
            [get(0, "index", "v1"), get(1, "amd64"), get(2, "amd64")],
            {"v1": (1, 0), "": (1, 0)},
        ),
        Pattern(
            "events without a media type",
            [get(0, "index", "v1", media_type=None), get(0.1, "amd64", media_type=None)],
            {"v1": (1, 0)},
        ),
        Pattern(
            "children of an index inside an index",
            [get(0, "index-of-indexes", "v1"), get(0.1, "index"), get(0.2, "amd64")],
            {"v1": (1, 0)},
        ),
    ]


def replayed() -> list[Pattern]:
    """Return patterns of clients that no Debian package contains.

    crane 0.22, oras 1.3, and containerd 2.4 were recorded. buildkit follows its source code.
    """
    every = list(enumerate(CHILDREN, start=1))
    crane, oras = {"agent": "crane/v0.22.1 go-containerregistry/v0.22.1"}, {"agent": "oras/1.3.6"}
    buildkit, containerd = {"agent": "buildkit/v0.27"}, {"agent": "containerd/v2.4.0"}
    return [
        Pattern(
            "crane pull, twice",
            [get(0, tag="v1", **crane), get(9, tag="v1", **crane)],
            {"v1": (2, 0)},
        ),
        Pattern(
            "crane pull of several platforms",
            [get(0, "index", "v1", **crane), get(0.0017, "amd64", **crane)],
            {"v1": (1, 0)},
        ),
        Pattern(
            "crane pull by digest",
            [get(0, "index", **crane), get(0.0011, "amd64", **crane)],
            {"": (1, 0)},
        ),
        Pattern(
            "crane pull --format=oci and crane copy",
            [
                get(0, "index", "v1", **crane),
                *(get(n * 0.006, child, **crane) for n, child in every),
            ],
            {"v1": (1, 0)},
        ),
        Pattern("crane digest", [head(0, "index", **crane)], {"v1": (0, 1)}),
        Pattern(
            "oras pull, twice", [get(0, tag="v1", **oras), get(9, tag="v1", **oras)], {"v1": (2, 0)}
        ),
        Pattern(
            "oras pull of several platforms, twice",
            [
                item
                for start in (0, 9)
                for item in (
                    get(start, "index", "v1", **oras),
                    *(get(start + n * 0.0013, child, **oras) for n, child in every),
                )
            ],
            {"v1": (2, 0)},
        ),
        Pattern(
            "oras pull --platform",
            [get(0, "index", "v1", **oras), get(0.0034, "amd64", **oras)],
            {"v1": (1, 0)},
        ),
        Pattern(
            "oras pull by digest",
            [get(0, "index", **oras), *(get(n * 0.0022, child, **oras) for n, child in every)],
            {"": (1, 0)},
        ),
        Pattern(
            "oras copy, and again with the children present",
            [
                get(0, "index", "v1", **oras),
                *(get(n * 0.0022, child, **oras) for n, child in every),
                get(9, "index", "v1", **oras),
            ],
            {"v1": (2, 0)},
        ),
        Pattern(
            "buildkit: a build, and again with the image present",
            [
                head(0, "index", **buildkit),
                get(0.01, "index", **buildkit),
                get(0.02, "amd64", **buildkit),
                head(60, "index", **buildkit),
            ],
            {"v1": (1, 2)},
        ),
        Pattern(
            "buildkit: one platform", [head(0, **buildkit), get(0.01, **buildkit)], {"v1": (1, 1)}
        ),
        Pattern(
            "containerd 2: several platforms, and again with the image present",
            [
                head(0, "index", **containerd),
                get(0.01, "index", **containerd),
                *(get(0.02 * n, child, **containerd) for n, child in every),
                head(60, "index", **containerd),
            ],
            {"v1": (1, 2)},
        ),
        Pattern(
            "containerd 2: one platform",
            [head(0, **containerd), get(0.01, **containerd)],
            {"v1": (1, 1)},
        ),
        Pattern(
            "containerd 2: by digest",
            [
                head(0, "index", tag=None, **containerd),
                get(0.01, "index", **containerd),
                *(get(0.02 * n, c, **containerd) for n, c in every),
            ],
            {"": (1, 1)},
        ),
    ]
