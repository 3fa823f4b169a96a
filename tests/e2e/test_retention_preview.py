"""The preview of retention sees what clients pull and check through the gateway (spec 11)."""

from __future__ import annotations

from typing import Any

from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image
from tests.kit.waiting import eventually

RULES = {"retention": [{"tags": "*", "keep_last": 1, "keep_pulled_within_days": 1}]}


def test_pulled_and_checked_tags_are_kept_by_their_use(
    shared_tenant: Tenant, shared_registry: Registry
) -> None:
    path = f"{shared_tenant.private}/{unique('app')}"
    images = {tag: make_image() for tag in ("pulled", "checked", "by-digest", "old", "new")}
    for tag, image in images.items():
        shared_registry.push(image, path, tag)
    shared_registry.manifest(path, "pulled").raise_for_status()
    shared_registry.manifest(path, images["by-digest"].manifest.digest).raise_for_status()
    token = shared_registry.token(f"repository:{path}:pull")
    shared_registry.http.head(
        f"/v2/{path}/manifests/checked",
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": images["checked"].manifest.media_type,
        },
    ).raise_for_status()

    def preview() -> dict[str, Any]:
        answer = shared_tenant.account.http.post(f"/repositories/{path}/rules/preview", json=RULES)
        page: dict[str, Any] = answer.raise_for_status().json()
        return page

    def reasons() -> dict[str, str]:
        return {item["tag"]: item["reason_code"] for item in preview()["items"]}

    eventually(
        reasons,
        lambda found: (
            found
            == {
                "pulled": "keep_pulled_within_days",
                "checked": "keep_pulled_within_days",
                "by-digest": "keep_pulled_within_days",
                "old": "not_kept",
                "new": "keep_last",
            }
        ),
        within=10,
        what="the uses",
    )
    codes = {one["code"] for one in preview()["obstacles"]}
    assert "counts_too_young" in codes
    assert "counting_behind" not in codes
