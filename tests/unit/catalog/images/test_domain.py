"""Images: exclusive manifests, and pull commands that are safe to paste into a shell."""

from datetime import UTC, datetime

import pytest

from services.catalog.images.domain import Image, ManifestTree, find_exclusive, pull_commands

DIGEST = "sha256:" + "a" * 64


def make_image(*, tag: str | None = "v1", artifact_type: str | None = None) -> Image:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Image(
        tag, DIGEST, "m", artifact_type, None, 1, (), (), {}, None, now, "alice", 0, None, ()
    )


def commands_for(
    image: Image, address: str = "localhost:8080", *, is_https: bool = False
) -> dict[str, str]:
    commands = pull_commands(
        image, address=address, is_https=is_https, repository="team/charts/web"
    )
    return {command.client: command.command for command in commands}


def test_pull_commands_use_the_requested_tag_or_digest() -> None:
    assert commands_for(make_image(), is_https=True) == {
        "docker": "docker pull localhost:8080/team/charts/web:v1",
        "podman": "podman pull localhost:8080/team/charts/web:v1",
        "skopeo": "skopeo copy docker://localhost:8080/team/charts/web:v1 oci:web",
    }
    by_digest = commands_for(make_image(tag=None))["docker"]
    assert by_digest == f"docker pull localhost:8080/team/charts/web@{DIGEST}"


def test_pull_commands_disable_tls_for_a_registry_over_http() -> None:
    commands = commands_for(make_image())
    assert commands["podman"] == "podman pull --tls-verify=false localhost:8080/team/charts/web:v1"
    assert commands["skopeo"].startswith("skopeo copy --src-tls-verify=false docker://")


def test_chart_is_pulled_by_helm_and_other_artifact_by_oras() -> None:
    chart = make_image(artifact_type="application/vnd.cncf.helm.config.v1+json")
    assert commands_for(chart, is_https=True) == {
        "helm": "helm pull oci://localhost:8080/team/charts/web --version v1"
    }
    sbom = make_image(artifact_type="application/spdx+json")
    assert commands_for(sbom) == {
        "oras": "oras pull --plain-http localhost:8080/team/charts/web:v1"
    }


def test_chart_without_a_tag_is_pulled_by_oras() -> None:
    chart = make_image(tag=None, artifact_type="application/vnd.cncf.helm.config.v1+json")
    assert list(commands_for(chart)) == ["oras"]


@pytest.mark.parametrize(
    "address", ["registry.example.com", "192.0.2.1:5000", "[2001:db8::1]:8080"]
)
def test_pull_commands_use_any_valid_address(address: str) -> None:
    assert f" {address}/" in commands_for(make_image(), address)["docker"]


@pytest.mark.parametrize(
    "address", ["", "a b", "a;reboot", "$(reboot)", "`id`", "a/b", "a\nb", "user@host", "host:port"]
)
def test_invalid_address_gives_no_pull_command(address: str) -> None:
    assert commands_for(make_image(), address) == {}


def make_tree(tagged: str, **indexes: str) -> ManifestTree:
    return ManifestTree(
        frozenset(tagged.split()),
        {digest: frozenset(names.split()) for digest, names in indexes.items()},
    )


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (make_tree("top", top="", a="top", b="top"), {"top", "a", "b"}),
        (make_tree("top a", top="", a="top", b="top"), {"top", "b"}),
        (make_tree("top", top="", a="top other", b="top"), {"top", "b"}),
        (make_tree("", top="", inner="top other", a="inner"), {"top"}),
        (make_tree("", top="", inner="top", a="inner"), {"top", "inner", "a"}),
        (make_tree("", top="other"), {"top"}),
    ],
)
def test_child_is_exclusive_unless_a_tag_or_another_index_needs_it(
    tree: ManifestTree, expected: set[str]
) -> None:
    assert find_exclusive({"top"}, tree) == expected
