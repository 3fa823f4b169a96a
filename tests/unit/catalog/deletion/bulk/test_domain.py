"""Which images lose all that needs them, when tags are deleted together."""

from services.catalog.deletion.bulk.domain import Failure, NamedTag, Outcome, find_unneeded
from services.catalog.images.domain import ImageNotFound, TaggedIndex


def test_image_is_unneeded_without_another_tag_and_index() -> None:
    index = TaggedIndex("index", ("multi",))
    assert find_unneeded(
        frozenset({"one", "two", "three"}),
        siblings={"latest": "one"},
        indexes={"two": [index], "three": []},
    ) == {"three"}


def test_outcome_names_each_tag_with_the_error_of_the_api() -> None:
    outcome = Outcome()
    outcome.digests["v1"] = "sha256:1"
    outcome.errors["v2"] = ImageNotFound("team/app:v2")
    assert outcome.deleted() == (NamedTag("v1", "sha256:1"),)
    assert outcome.failed() == (Failure("v2", "not_found", "There is no image 'team/app:v2'."),)
