"""JSON that every reader reads alike, and JSON that some reader would read differently."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.registry.strict_json import InvalidJson, read_object

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def nested(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


@given(st.dictionaries(st.text(), _json))
def test_every_object_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    for ascii_only in (True, False):
        try:
            content = json.dumps(value, ensure_ascii=ascii_only).encode()
        except UnicodeEncodeError:
            continue
        assert read_object(content) == value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"{} {}", "not valid JSON"),
        (b"{}\x00", "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": "\x01"}', "not valid JSON"),
        (b'{"a": 01}', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "not valid UTF-8"),
        ("{}".encode("utf-16-le"), "not valid JSON"),
        (b'{"a": "\xff"}', "not valid UTF-8: byte 7"),
        (b'{"a": "\xed\xa0\x80"}', "not valid UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": [Infinity]}', "Infinity"),
        (b'{"a": {"b": -Infinity}}', "-Infinity"),
        (b'{"a": 1, "a": 1}', 'the key "a" appears twice'),
        (b'{"x": [{"a": 1, "b": 2, "\\u0061": 3}]}', 'the key "a" appears twice'),
        (b'{"a": 123456789012345678901234567890123}', "more than 32 characters"),
        (b'{"a": -1.23456789012345678901234567890123e5}', "more than 32 characters"),
        (nested(65), "more than 64 levels"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "more than 64 levels"),
        (b"[" * 1_000_000, "more than 200,000 values"),
        (b"{" * 100_000, "more than 64 levels"),
        (b'{"a": [' + b"{}," * 150_000 + b"{}]}", "more than 200,000 values"),
        (b'{"a": [' + b"1," * 200_000 + b"1]}", "more than 200,000 values"),
        (b'"' * 4_000_000, "more than 200,000 values"),
    ],
)
def test_content_that_readers_can_read_differently_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InvalidJson) as error:
        read_object(content)
    assert message in str(error.value)


def test_sixty_four_levels_are_accepted() -> None:
    assert read_object(nested(64))


def test_brackets_and_escapes_within_strings_are_not_nesting() -> None:
    for text in ("[" * 100, '"[' * 100, '\\"{' * 100, "\\" * 99 + "[," * 100, '\\\\"' * 100 + "{"):
        value = {text: text, "b": [text, {"c": text}]}
        assert read_object(json.dumps(value).encode()) == value


@given(st.text(alphabet='\\"[]{}a', max_size=40), st.integers(1, 80))
def test_nesting_is_counted_outside_of_strings_only(text: str, levels: int) -> None:
    value: object = text
    for _ in range(levels - 1):
        value = [value]
    content = json.dumps({text: value}).encode()
    if levels <= 64:
        assert read_object(content) == {text: value}
    else:
        with pytest.raises(InvalidJson):
            read_object(content)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 4_000_000,
        b'"' * 4_000_000,
        b'{"' + b'\\"' * 2_000_000,
        b'{"a":"' + b"\\\\" * 2_000_000 + b'"}',
        b'{"a":' + b"9" * 4_000_000 + b"}",
        b'{"a":1.' + b"9" * 4_000_000 + b"}",
        b'{"a":[' + b"{},[]," * 700_000 + b"1]}",
        b'{"a":[' + b"1," * 2_000_000 + b"1]}",
        b'{"a":' * 800_000,
        b"{" + b",".join(b'"%d":0' % number for number in range(300_000)) + b"}",
    ],
    ids=range(10),
)
def test_four_mib_of_hostile_json_cost_less_than_half_a_second(content: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(InvalidJson):
        read_object(content)
    assert time.process_time() - start < 0.5  # measured: at most 0.03 s
