"""The commands that pull an image: right for what it is, and nothing for a shell that a caller could have made up."""

from datetime import UTC, datetime

import pytest

from services.catalog.images.domain import Image, pull_commands

DIGEST = "sha256:" + "a" * 64


def image(*, tag: str | None = "v1", artifact_type: str | None = None) -> Image:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Image(
        tag, DIGEST, "m", artifact_type, None, 1, (), (), {}, None, now, "alice", 0, None, ()
    )


def _commands(
    of: Image, address: str = "localhost:8080", *, is_https: bool = False
) -> dict[str, str]:
    made = pull_commands(of, address=address, is_https=is_https, repository="team/charts/web")
    return {command.client: command.command for command in made}


def test_an_image_is_pulled_by_the_reference_that_was_asked_for() -> None:
    assert _commands(image(), is_https=True) == {
        "docker": "docker pull localhost:8080/team/charts/web:v1",
        "podman": "podman pull localhost:8080/team/charts/web:v1",
        "skopeo": "skopeo copy docker://localhost:8080/team/charts/web:v1 oci:web",
    }
    assert (
        _commands(image(tag=None))["docker"]
        == f"docker pull localhost:8080/team/charts/web@{DIGEST}"
    )


def test_over_plain_http_the_clients_are_told_so() -> None:
    commands = _commands(image())
    assert commands["podman"] == "podman pull --tls-verify=false localhost:8080/team/charts/web:v1"
    assert commands["skopeo"].startswith("skopeo copy --src-tls-verify=false docker://")


def test_artifacts_have_clients_of_their_own() -> None:
    chart = image(artifact_type="application/vnd.cncf.helm.config.v1+json")
    assert _commands(chart, is_https=True) == {
        "helm": "helm pull oci://localhost:8080/team/charts/web --version v1"
    }
    sbom = image(artifact_type="application/spdx+json")
    assert _commands(sbom) == {"oras": "oras pull --plain-http localhost:8080/team/charts/web:v1"}


@pytest.mark.parametrize(
    "address", ["registry.example.com", "192.0.2.1:5000", "[2001:db8::1]:8080"]
)
def test_any_address_that_a_client_may_use_is_used(address: str) -> None:
    assert f" {address}/" in _commands(image(), address)["docker"]


@pytest.mark.parametrize(
    "address", ["", "a b", "a;reboot", "$(reboot)", "`id`", "a/b", "a\nb", "user@host", "host:port"]
)
def test_an_address_that_is_none_gives_no_command(address: str) -> None:
    assert _commands(image(), address) == {}
