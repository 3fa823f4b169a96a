"""Deliveries are parsed; invalid parts are rejected with a reason."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.ingest.domain import (
    InvalidEvent,
    Rejected,
    address_of,
    format_time,
    parse_envelope,
    parse_event,
    parse_time,
)
from tests.kit.pulls.envelopes import event


def test_recorded_event_is_parsed() -> None:
    raw = {
        "id": "51bb2d5c-0a0a-4a6e-9f3c-2f6b1f0c2f31",
        "timestamp": "2026-11-24T05:32:16.941589299Z",
        "action": "push",
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 418,
            "digest": "sha256:4fb4",
            "length": 418,
            "repository": "team/app",
            "url": "http://127.0.0.1/v2/team/app/manifests/sha256:4fb4",
            "tag": "v1",
        },
        "request": {
            "id": "0c0d",
            "addr": "127.0.0.1:32942",
            "host": "127.0.0.1:19001",
            "method": "PUT",
            "useragent": "skopeo/1.9.3",
        },
        "actor": {"name": "alice"},
        "source": {"addr": "vm:19001", "instanceID": "d14f"},
    }
    parsed = parse_event(raw)
    assert (parsed.event_id, parsed.at_ns) == (
        "51bb2d5c-0a0a-4a6e-9f3c-2f6b1f0c2f31",
        1795498336_941589299,
    )
    assert (parsed.action, parsed.method, parsed.request_id) == ("push", "PUT", "0c0d")
    assert (parsed.repository, parsed.tag, parsed.digest) == ("team/app", "v1", "sha256:4fb4")
    assert (parsed.docker_user, parsed.address, parsed.user_agent) == (
        "alice",
        "127.0.0.1",
        "skopeo/1.9.3",
    )


@pytest.mark.parametrize(
    ("text", "at_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-24T05:32:16.941589299Z", 1795498336_941589299),
        ("2026-11-24T05:32:16.9Z", 1795498336_900000000),
        ("2026-11-24T05:32:16.9415892999999Z", 1795498336_941589299),
        ("2026-11-24T06:32:16.000000001+01:00", 1795498336_000000001),
        ("2026-11-23T23:02:16-06:30", 1795498336_000000000),
    ],
)
def test_times_keep_their_nanoseconds(text: str, at_ns: int) -> None:
    assert parse_time(text) == at_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-24",
        "2026-11-24T05:32:16",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-24T25:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-11-24T05:32:16+99:99",
    ],
)
def test_invalid_time_is_rejected(text: str) -> None:
    with pytest.raises(InvalidEvent):
        parse_time(text)


@pytest.mark.parametrize(
    ("addr", "address"),
    [
        ("10.0.0.1:32942", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_address_loses_its_port(addr: str, address: str) -> None:
    assert address_of(addr) == address


def test_anonymous_client_has_an_empty_name() -> None:
    assert parse_event(event(user="")).docker_user == ""
    assert parse_event({**event(), "actor": None}).docker_user == ""


def test_missing_fields_are_none() -> None:
    parsed = parse_event(event(media_type=None))
    assert (parsed.media_type, parsed.tag) == (None, None)


def test_unknown_fields_are_ignored() -> None:
    raw = event(tag="v1")
    assert parse_event(
        {
            **raw,
            "new": {"deep": [1]},
            "target": {**raw["target"], "annotations": {}, "references": []},
        }
    ) == parse_event(raw)


def test_deletion_of_a_tag_has_no_digest() -> None:
    raw = event("delete", tag="v1")
    del raw["target"]["digest"], raw["target"]["mediaType"]
    assert (parse_event(raw).tag, parse_event(raw).digest) == ("v1", None)


@pytest.mark.parametrize(
    ("raw", "has_effect"),
    [
        (event(tag="v1"), True),
        (event(user="moorage:catalog"), False),
        (event("push", user="moorage:catalog"), True),
        (event("push", media_type="application/octet-stream"), False),
        (event("mount", media_type="application/octet-stream"), False),
        (event("delete", media_type=None), True),
    ],
)
def test_blobs_mounts_and_pulls_by_moorage_services_have_no_effect(
    raw: dict[str, Any], has_effect: bool
) -> None:
    assert parse_event(raw).has_effect is has_effect


@pytest.mark.parametrize(
    "raw", [event(tag="v1"), event("push", user=""), event("delete", media_type=None)]
)
def test_event_as_json_is_parsed_to_the_same_event(raw: dict[str, Any]) -> None:
    parsed = parse_event(raw)
    assert parse_event(json.loads(parsed.to_json())) == parsed


def test_formatted_time_has_nine_digits() -> None:
    assert format_time(1795498336_000000001) == "2026-11-24T05:32:16.000000001Z"


def test_rejected_bytes_have_the_hash_of_the_whole_delivery() -> None:
    assert Rejected("too large", b"beginning", b"hash of all").hash == b"hash of all"
    assert Rejected("invalid", b"{").hash == hashlib.sha256(b"{").digest()


def _invalid(change: dict[str, Any]) -> dict[str, Any]:
    raw = event(tag="v1")
    for path, value in change.items():
        holder, _, key = path.rpartition(".")
        (raw[holder] if holder else raw)[key] = value
    return raw


@pytest.mark.parametrize(
    "change",
    [
        {"action": "frobnicate"},
        {"timestamp": "2026-02-29T00:00:00Z"},
        {"action": None},
        {"id": ""},
        {"id": "x" * 200},
        {"timestamp": 1795498336},
        {"target": []},
        {"target.repository": None},
        {"target.repository": "team/\0app"},
        {"target.repository": "t" * 300},
        {"target.digest": None},
        {"target.digest": ["sha256:1"]},
        {"target.tag": "v1\ud800"},
        {"request": "GET"},
        {"actor": [1]},
        {"actor.name": 7},
    ],
)
def test_invalid_event_is_rejected_and_the_others_are_kept(change: dict[str, Any]) -> None:
    invalid, valid = _invalid(change), event(tag="v2")
    envelope = parse_envelope(json.dumps({"events": [valid, invalid, valid]}).encode())
    assert envelope.events == (parse_event(valid), parse_event(valid))
    assert len(envelope.rejected) == 1
    assert json.loads(envelope.rejected[0].raw) == invalid


def test_user_agent_is_cleaned_and_not_rejected() -> None:
    raw = event()
    raw["request"]["useragent"] = "evil\0agent\n\ud800" + "x" * 10_000
    agent = parse_event(raw).user_agent
    assert agent.startswith("evilagentxxx")
    assert len(agent) == 256


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"events": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"events": [' + b"9" * 5000 + b"]}",
    ],
)
def test_invalid_envelope_is_rejected(raw: bytes) -> None:
    envelope = parse_envelope(raw)
    assert envelope.events == ()
    assert len(envelope.rejected) == 1


def test_empty_list_has_no_events() -> None:
    assert parse_envelope(b'{"events": []}') == parse_envelope(b'{"events":[]}')
    assert not parse_envelope(b'{"events": []}').rejected


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "timestamp", "action", "target", "x"]), inner)
    ),
    max_leaves=20,
)


@given(_json)
def test_any_json_can_be_parsed(value: Any) -> None:
    envelope = parse_envelope(json.dumps({"events": [value]}).encode())
    assert len(envelope.events) + len(envelope.rejected) == 1
