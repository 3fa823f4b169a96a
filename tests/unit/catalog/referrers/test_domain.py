"""What a referrer is: by the tag of cosign, else by its types."""

import pytest

from services.catalog.referrers.domain import ReferrerKind, kind_of, with_annotations

HEX = "a" * 64
CONFIG = "application/vnd.oci.image.config.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.mark.parametrize(
    ("artifact_type", "layer_type", "kind"),
    [
        ("application/vnd.dev.cosign.artifact.sig.v1+json", None, ReferrerKind.SIGNATURE),
        ("application/vnd.cncf.notary.signature", None, ReferrerKind.SIGNATURE),
        (CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json", ReferrerKind.SIGNATURE),
        (BUNDLE, None, ReferrerKind.SIGNATURE),
        ("application/spdx+json", None, ReferrerKind.SBOM),
        ("application/vnd.cyclonedx+json", None, ReferrerKind.SBOM),
        ("application/vnd.syft+json", None, ReferrerKind.SBOM),
        ("application/vnd.in-toto+json", None, ReferrerKind.ATTESTATION),
        (None, "application/vnd.dsse.envelope.v1+json", ReferrerKind.ATTESTATION),
        ("application/vnd.docker.attestation.manifest.v1+json", None, ReferrerKind.ATTESTATION),
        ("application/vnd.example.readme", "text/markdown", ReferrerKind.OTHER),
        (None, None, ReferrerKind.OTHER),
    ],
)
def test_types_say_the_kind(
    artifact_type: str | None, layer_type: str | None, kind: ReferrerKind
) -> None:
    assert (
        kind_of(artifact_type=artifact_type, layer_type=layer_type, tags=(), annotations={}) == kind
    )


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".sig", ReferrerKind.SIGNATURE),
        (".att", ReferrerKind.ATTESTATION),
        (".sbom", ReferrerKind.SBOM),
        ("", ReferrerKind.OTHER),
    ],
)
def test_tag_of_cosign_says_the_kind(suffix: str, kind: ReferrerKind) -> None:
    tags = ("v1", f"sha256-{HEX}{suffix}")
    assert kind_of(artifact_type=None, layer_type=CONFIG, tags=tags, annotations={}) == kind


def test_bundle_is_a_signature_or_an_attestation_by_its_predicate() -> None:
    for predicate, kind in (
        ("https://sigstore.dev/cosign/sign/v1", ReferrerKind.SIGNATURE),
        ("https://slsa.dev/provenance/v1", ReferrerKind.ATTESTATION),
    ):
        annotations = {"dev.sigstore.bundle.predicateType": predicate}
        found = kind_of(artifact_type=BUNDLE, layer_type=BUNDLE, tags=(), annotations=annotations)
        assert found == kind


def test_annotations_of_the_manifest_come_before_those_of_an_index() -> None:
    merged = with_annotations({"annotations": {"a": "own"}}, {"a": "other", "b": "other"})
    assert merged == {"annotations": {"a": "own", "b": "other"}}
    assert with_annotations({"size": 1}, {}) == {"size": 1}
