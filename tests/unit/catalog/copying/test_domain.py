"""The source of a copy, the order of its parts, and the refusals of its target."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.common.registry.error_format import Denied
from libs.common.web.errors import LimitReached, MoorageError
from services.catalog.admission.domain import Target
from services.catalog.copying.domain import (
    CopyRefused,
    Part,
    Put,
    QuotaReached,
    Source,
    check_target,
    parse_source,
    plan,
)
from services.catalog.namespaces.domain import NamespaceNotFound
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.reserved_names.domain import NameReserved
from services.catalog.rules.domain import TagImmutable

DIGEST = "sha256:" + "a" * 64
TARGET = Target(is_deleting=False, reserved_until=None, is_account_full=False)
QUOTA = {
    "rule": "quota",
    "quota_bytes": 10,
    "used_bytes": 8,
    "needed_bytes": 3,
    "trash_bytes": 0,
    "upload_bytes": 0,
}


@pytest.mark.parametrize(
    ("text", "name", "reference"),
    [
        ("team/app:v1", "app", "v1"),
        ("team/deep/app:v1", "deep/app", "v1"),
        (f"team/app@{DIGEST}", "app", DIGEST),
    ],
)
def test_source_is_a_tag_or_a_digest_of_a_repository(text: str, name: str, reference: str) -> None:
    source = parse_source(text)
    assert source == Source(text, "team", name, reference)
    assert source.path == f"team/{name}"


@pytest.mark.parametrize(
    "text", ["", "app:v1", "team/app", "team/app:", "team/App:v1", f"team/app:v1@{DIGEST}"]
)
def test_anything_else_is_no_source(text: str) -> None:
    assert parse_source(text) is None


def parts(**children: str) -> dict[str, Part]:
    return {digest: Part(digest, frozenset(named.split())) for digest, named in children.items()}


def test_children_are_put_before_their_indexes_and_the_image_last() -> None:
    found = parts(root="inner other", inner="leaf blob", leaf="", other="", signature="")
    (first, second) = plan(found, root="root").steps
    assert {put.digest for put in first} == {"leaf", "other", "signature"}
    assert second == (Put("inner"),)


def test_parts_that_the_target_has_are_left_out() -> None:
    found = parts(root="child", child="")
    found["child"] = replace(found["child"], is_copied=True)
    assert plan(found, root="root").steps == ()


def test_tags_that_belong_to_other_parts_are_set() -> None:
    found = parts(root="", signature="")
    found["signature"] = replace(found["signature"], is_copied=True, tags=("sha256-1.sig", "x"))
    assert plan(found, root="root").steps == (
        (Put("signature", "sha256-1.sig"), Put("signature", "x")),
    )


def test_image_that_another_part_lists_is_put_before_it() -> None:
    found = parts(root="", fallback="root")
    assert plan(found, root="root").steps == ((Put("root"),), (Put("fallback"),))


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (None, NamespaceNotFound),
        (replace(TARGET, is_deleting=True), RepositoryDeleting),
        (replace(TARGET, reserved_until=datetime.now(UTC)), NameReserved),
        (replace(TARGET, is_account_full=True), LimitReached),
        (replace(TARGET, refusal={"rule": "immutable_tag", "tag": "v1"}), TagImmutable),
        (replace(TARGET, refusal=QUOTA), QuotaReached),
    ],
)
def test_target_that_allows_no_push_allows_no_copy(
    target: Target | None, error: type[MoorageError]
) -> None:
    with pytest.raises(error):
        check_target(target, path="team/app", tag="v1", max_repositories=10)


def test_rule_of_another_kind_refuses_the_copy_with_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "services.catalog.admission.domain._REFUSALS", {"other": lambda _: Denied("not on Fridays")}
    )
    with pytest.raises(CopyRefused, match="not on Fridays"):
        check_target(
            replace(TARGET, refusal={"rule": "other"}),
            path="team/app",
            tag="v1",
            max_repositories=10,
        )


def test_free_target_allows_the_copy() -> None:
    check_target(TARGET, path="team/app", tag="v1", max_repositories=10)
