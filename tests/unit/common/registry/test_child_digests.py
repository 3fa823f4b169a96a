"""The children that an index lists."""

import pytest

from libs.common.registry.manifests import child_digests


@pytest.mark.parametrize(
    ("manifest", "children"),
    [
        (
            b'{"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"},'
            b' {"digest": "sha256:1"}]}',
            ("sha256:1", "sha256:2"),
        ),
        (b'{"layers": []}', ()),
        (b'{"manifests": [1, {"digest": 7}, {"digest": ""}]}', ()),
        (b"[]", ()),
        (b"{", ()),
    ],
)
def test_children_of_an_index_are_its_valid_digests(
    manifest: bytes, children: tuple[str, ...]
) -> None:
    assert child_digests(manifest, limit=1000) == children
