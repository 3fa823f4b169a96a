"""Numbers with their nouns."""

import pytest

from ops.maintenance.counted import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 blobs"), (1, "1 blob"), (2, "2 blobs")])
def test_only_one_is_singular(number: int, text: str) -> None:
    assert counted(number, "blob") == text
