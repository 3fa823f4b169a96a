"""The rule that protects an image from deletion."""

from collections.abc import Sequence

from libs.common.web.errors import Conflict
from services.catalog.images.domain import TaggedIndex


class NeededByIndex(Conflict):
    """A tagged multi-platform image needs the image; ``indexes`` names all that do."""

    code = "needed_by_index"
    title = "A multi-platform image contains this image; delete that image first"

    def __init__(self, digest: str, indexes: Sequence[TaggedIndex]) -> None:
        named = "; ".join(f"{index.digest} ({', '.join(index.tags)})" for index in indexes)
        super().__init__(
            f"{digest} is part of the multi-platform image {named}. Delete that image first.",
            extra={
                "indexes": [{"digest": index.digest, "tags": list(index.tags)} for index in indexes]
            },
        )
