"""Cursors: each is valid for one order only, and forged ones are rejected."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.db.pagination import InvalidCursor, PageRequest, encode_cursor

keys = st.lists(
    st.none()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    | st.integers(-(2**60), 2**60),
    min_size=2,
    max_size=2,
)


@given(keys)
def test_a_cursor_decodes_to_its_key(key: list[str | int | None]) -> None:
    cursor = encode_cursor("name", tuple(key))
    assert PageRequest(limit=1, cursor=cursor).after("name", 2) == tuple(key)


@given(
    st.text(max_size=200)
    | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_a_forged_cursor_is_rejected(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        PageRequest(limit=1, cursor=cursor).after("name", 2)


def test_a_cursor_of_another_order_is_rejected() -> None:
    cursor = encode_cursor("name", ("a", 1))
    with pytest.raises(InvalidCursor):
        PageRequest(limit=1, cursor=cursor).after("-pull_count", 2)
    with pytest.raises(InvalidCursor):
        PageRequest(limit=1, cursor=cursor).after("name", 3)
