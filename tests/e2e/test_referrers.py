"""Signatures and other referrers, as clients find them, and in the console (spec 8, 15)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browser import open_visit
from tests.kit.console import (
    press,
    row_button,
    rows,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.images import Blob, Image, make_image, make_manifest
from tests.kit.stack.run import Stack

EMPTY = Blob("application/vnd.oci.empty.v1+json", b"{}")
SBOM = "application/spdx+json"


@dataclass(frozen=True, slots=True)
class Signed:
    """An image with a signature by cosign's tag and an SBOM by its subject."""

    account: Account
    repository: str
    image: Image
    signature: Blob
    sbom: Blob


@pytest.fixture
def signed(stack: Stack, person: Account) -> Signed:
    user, namespace = person.make_docker_user(), person.make_namespace()
    person.grant(namespace, user, "push")
    repository, image = f"{namespace}/app", make_image()
    parts = {"config": EMPTY.descriptor(), "layers": [EMPTY.descriptor()]}
    signature = make_manifest(**parts)
    sbom = make_manifest(artifactType=SBOM, subject=image.manifest.descriptor(), **parts)
    with Registry(stack.url, user.credentials) as registry:
        registry.push(image, repository, "v1")
        registry.push_manifest(signature, [EMPTY], repository, f"sha256-{image.manifest.hex}.sig")
        pushed = registry.push_manifest(sbom, [EMPTY], repository, sbom.digest)
        assert pushed.headers["OCI-Subject"] == image.manifest.digest
        listed = registry.referrers(repository, image.manifest.digest, artifactType=SBOM)
    assert listed.status_code == 200
    assert listed.headers["Content-Type"] == "application/vnd.oci.image.index.v1+json"
    assert listed.headers["OCI-Filters-Applied"] == "artifactType"
    assert listed.json()["manifests"] == [sbom.descriptor(artifactType=SBOM)]
    return Signed(person, repository, image, signature, sbom)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_image_page_shows_referrers_under_their_own_heading(
    language: str, browser: Browser, stack: Stack, signed: Signed
) -> None:
    page_of_repository = f"/repositories/{signed.repository}"
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, signed.account, page_of_repository)
        wait_until_loaded(visit)
        expect(rows(visit)).to_have_count(1)  # v1, and not the tag of the signature
        row_button(visit, "image.delete", "v1").click()
        dialog = wait_for_dialog(visit)
        digest = signed.signature.hex[:12]
        dialog.get_by_text(f"{visit.text('image.kind.signature')} (sha256:{digest}").wait_for()
        dialog.get_by_text(visit.text("image.kind.sbom")).wait_for()
        press(visit, "common.cancel", dialog)
        visit.go(f"{page_of_repository}:v1")
        wait_for_page(visit, f"{signed.repository}:v1")
        heading = visit.text("image.referrers")
        visit.page.get_by_role("heading", name=heading).wait_for()
        table = visit.page.get_by_role("table", name=heading)
        table.get_by_role("link", name=visit.text("image.kind.signature"), exact=True).wait_for()
        table.get_by_text(SBOM).wait_for()
        visit.assert_accessible()
        table.get_by_role("link", name=visit.text("image.kind.sbom"), exact=True).click()
        visit.page.wait_for_url(f"**{page_of_repository}@{signed.sbom.digest}")
        visit.assert_clean()


def test_list_of_tags_names_an_artifact_and_shows_how_to_pull_the_newest_image(
    browser: Browser, stack: Stack, person: Account
) -> None:
    user, namespace = person.make_docker_user(), person.make_namespace()
    person.grant(namespace, user, "push")
    repository = f"{namespace}/app"
    config = Blob("application/vnd.cncf.helm.config.v1+json", b"{}")
    chart = make_manifest(config=config.descriptor(), layers=[])
    with Registry(stack.url, user.credentials) as registry:
        registry.push(make_image(), repository, "v1")
        registry.push_manifest(chart, [config], repository, "1.0.0")
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, f"/repositories/{repository}")
        expect(rows(visit).filter(has_text="1.0.0")).to_contain_text(
            visit.text("image.artifact.helm")
        )
        command = f"docker pull {stack.url.partition('//')[2]}/{repository}:v1"
        visit.page.get_by_text(command, exact=True).wait_for()
        visit.assert_clean()
