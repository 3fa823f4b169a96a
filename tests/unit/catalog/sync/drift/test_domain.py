"""The differences between the catalog and the registry."""

from services.catalog.sync.drift.domain import (
    NOTHING,
    CatalogContent,
    Difference,
    Kind,
    RegistryContent,
    differences,
    digests_to_request,
)


def find(
    catalog: CatalogContent, registry: RegistryContent, *, has_namespace: bool = True
) -> list[Difference]:
    return differences("team/app", catalog, registry, has_namespace=has_namespace)


def test_equal_content_has_no_difference() -> None:
    catalog = CatalogContent({"v1": "a"}, frozenset("ab"), frozenset("b"))
    assert find(catalog, RegistryContent({"v1": "a"}, frozenset("b"))) == []


def test_a_tag_can_be_missing_gone_or_moved() -> None:
    catalog = CatalogContent({"gone": "a", "moved": "b"}, frozenset("ab"))
    registry = RegistryContent({"missing": "c", "moved": "d"}, frozenset("ab"))
    assert find(catalog, registry) == [
        Difference("team/app", "gone", Kind.TAG_GONE, "a", ""),
        Difference("team/app", "missing", Kind.TAG_MISSING, "", "c"),
        Difference("team/app", "moved", Kind.TAG_MOVED, "b", "d"),
    ]


def test_an_untagged_manifest_can_be_gone() -> None:
    catalog = CatalogContent({}, frozenset("a"))
    assert find(catalog, RegistryContent({}, frozenset())) == [
        Difference("team/app", "a", Kind.MANIFEST_GONE, "a", "")
    ]


def test_a_gone_manifest_with_a_tag_is_reported_only_by_its_tag() -> None:
    catalog = CatalogContent({"v1": "a"}, frozenset("a"))
    assert find(catalog, RegistryContent({}, frozenset())) == [
        Difference("team/app", "v1", Kind.TAG_GONE, "a", "")
    ]


def test_a_manifest_that_only_the_registry_has_tagged_is_not_gone() -> None:
    catalog = CatalogContent({}, frozenset("a"))
    assert find(catalog, RegistryContent({"v1": "a"}, frozenset())) == [
        Difference("team/app", "v1", Kind.TAG_MISSING, "", "a")
    ]


def test_a_child_of_an_index_can_be_missing() -> None:
    catalog = CatalogContent({"v1": "i"}, frozenset("i"), frozenset("c"))
    assert find(catalog, RegistryContent({"v1": "i"}, frozenset("c"))) == [
        Difference("team/app", "c", Kind.MANIFEST_MISSING, "", "c")
    ]


def test_a_missing_child_with_a_tag_is_reported_only_by_its_tag() -> None:
    catalog = CatalogContent({"v1": "i"}, frozenset("i"), frozenset("c"))
    assert find(catalog, RegistryContent({"v1": "i", "v2": "c"}, frozenset())) == [
        Difference("team/app", "v2", Kind.TAG_MISSING, "", "c")
    ]


def test_a_child_that_neither_side_has_is_no_difference() -> None:
    catalog = CatalogContent({"v1": "i"}, frozenset("i"), frozenset("c"))
    assert find(catalog, RegistryContent({"v1": "i"}, frozenset())) == []


def test_a_tag_without_a_namespace_cannot_be_repaired() -> None:
    found = find(NOTHING, RegistryContent({"v1": "a"}, frozenset()), has_namespace=False)
    assert found == [Difference("team/app", "v1", Kind.NO_NAMESPACE, "", "a")]
    assert not found[0].is_repairable
    assert Difference("team/app", "v1", Kind.TAG_GONE, "a").is_repairable


def test_only_digests_without_a_tag_in_the_registry_are_requested() -> None:
    catalog = CatalogContent({"v1": "a"}, frozenset("ab"), frozenset("c"))
    assert digests_to_request(catalog, {"v1": "a"}) == {"b", "c"}


def test_damaged_tag_or_untagged_manifest_is_neither_gone_nor_moved() -> None:
    catalog = CatalogContent({"v1": "a", "v2": "b"}, frozenset("abc"))
    registry = RegistryContent({"v2": "b"}, frozenset(), damaged=frozenset({"v1", "new", "a", "c"}))
    assert find(catalog, registry) == [
        Difference("team/app", "c", Kind.DAMAGED, "c", ""),
        Difference("team/app", "v1", Kind.DAMAGED, "a", ""),
    ]


def test_missing_blob_is_reported_and_is_no_open_work() -> None:
    catalog = CatalogContent({"v1": "a"}, frozenset("a"), blobs={"layer": frozenset("a")})
    registry = RegistryContent({"v1": "a"}, frozenset(), missing_blobs=frozenset({("a", "layer")}))
    (found,) = find(catalog, registry)
    assert found == Difference("team/app", "a", Kind.BLOB_MISSING, "layer", "")
    assert not found.is_repairable
    assert not found.is_open
    assert Difference("team/app", "v1", Kind.DAMAGED, "a").is_open


def test_immutable_tag_follows_the_registry_in_no_case() -> None:
    """Only what admission has set can be set back, if the registry has the manifest."""
    fixed = frozenset({"v1", "v2", "v3"})
    catalog = CatalogContent(
        {"v1": "a", "v2": "a", "v3": "g", "w1": "a"},
        frozenset("ag"),
        immutable=fixed,
        admitted=frozenset({"v2", "v3"}),
    )
    registry = RegistryContent({"v1": "b", "v2": "b", "w1": "b", "v4": "b"}, frozenset("a"))
    found = {difference.reference: difference for difference in find(catalog, registry)}
    assert {tag: one.kind for tag, one in found.items()} == {
        "v1": Kind.IMMUTABLE,
        "v2": Kind.TAG_MOVED,
        "v3": Kind.IMMUTABLE,
        "v4": Kind.TAG_MISSING,
        "w1": Kind.TAG_MOVED,
    }
    assert not found["v1"].is_repairable
    assert found["v1"].is_open
    equal = RegistryContent({"v1": "a", "v2": "a", "v3": "g", "w1": "a"}, frozenset())
    assert find(catalog, equal) == []
