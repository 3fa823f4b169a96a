"""Events of the registry, and how a delivery is parsed.

Source: Distribution, "Work with notifications". Versions 1 and 2 of the envelope are the same.
"""

import calendar
import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ACTIONS = frozenset({"pull", "push", "mount", "delete"})
"""The actions that Distribution reports."""
SERVICE_USER_PREFIX = "moorage:"
"""Starts the name of each of Moorage's services. No Docker user can have such a name."""
BLOB_TYPE = "application/octet-stream"
"""The media type of every blob in an event."""
MAX_ENVELOPE_BYTES = 4 * 1024 * 1024
"""A larger delivery is dead-lettered without being parsed."""

_MAX_NAME = 255
_MAX_USER_AGENT = 256
_MAX_ID = 128
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SECOND_NS = 1_000_000_000


class InvalidEvent(ValueError):
    """The JSON is not an event of a registry. The message says why, for an operator."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the inbox stores it.

    ``at_ns`` is its time in nanoseconds since 1970. ``docker_user`` is empty if the client was
    anonymous. ``address`` has no port. ``tag``, ``digest``, and ``media_type`` are None if the
    registry did not report them.
    """

    event_id: str
    at_ns: int
    action: str
    method: str
    request_id: str
    repository: str
    tag: str | None
    digest: str | None
    media_type: str | None
    docker_user: str
    address: str
    user_agent: str

    @property
    def has_effect(self) -> bool:
        """Whether the event changes or counts anything (spec 6).

        Events of blobs, mounts, and pulls by Moorage's own services do not.
        """
        if self.action == "mount" or self.media_type == BLOB_TYPE:
            return False
        return self.action != "pull" or not self.docker_user.startswith(SERVICE_USER_PREFIX)

    def to_json(self) -> bytes:
        """Return the event as the registry delivers it. ``parse_event`` is the inverse."""
        return json.dumps(
            {
                "id": self.event_id,
                "timestamp": format_time(self.at_ns),
                "action": self.action,
                "target": {
                    "mediaType": self.media_type,
                    "digest": self.digest,
                    "repository": self.repository,
                    "tag": self.tag,
                },
                "request": {
                    "id": self.request_id,
                    "addr": self.address,
                    "method": self.method,
                    "useragent": self.user_agent,
                },
                "actor": {"name": self.docker_user},
            }
        ).encode()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that are dead-lettered, and why.

    ``digest`` is the SHA-256 of the whole delivery if ``raw`` is only its beginning.
    """

    reason: str
    raw: bytes
    digest: bytes | None = None

    @property
    def hash(self) -> bytes:
        """Identifies the bytes, so that a repeated delivery makes one dead letter."""
        return self.digest or hashlib.sha256(self.raw).digest()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The content of one delivery: the events that were parsed, and the rejected parts."""

    events: tuple[Event, ...]
    rejected: tuple[Rejected, ...]


def parse_envelope(raw: bytes) -> Envelope:
    """Parse one delivery. Invalid events are rejected, never raised, and the others are kept."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Envelope((), (Rejected(f"not JSON: {_message(error)}", raw),))
    items = document.get("events") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return Envelope((), (Rejected("no list of events", raw),))
    events, rejected = [], []
    for item in items:
        try:
            events.append(parse_event(item))
        except InvalidEvent as error:
            rejected.append(Rejected(str(error), raw if len(items) == 1 else _dump(item)))
    return Envelope(tuple(events), tuple(rejected))


def parse_event(item: object) -> Event:
    """Parse one event. Raises InvalidEvent."""
    event = _object(item, "event")
    action = _name(event, "action", 32)
    if action not in ACTIONS:
        raise InvalidEvent(f"unknown action {action!r}")
    target = _object(event.get("target"), "target")
    request = _object(event.get("request") or {}, "request")
    actor = _object(event.get("actor") or {}, "actor")
    tag, digest = _optional(target, "tag"), _optional(target, "digest")
    if digest is None and (action != "delete" or tag is None):
        raise InvalidEvent("target.digest is missing")
    event_id = _name(event, "id", _MAX_ID)
    return Event(
        event_id=event_id,
        at_ns=parse_time(_name(event, "timestamp", 64)),
        action=action,
        method=_text(request.get("method"), 16).upper(),
        request_id=_text(request.get("id"), _MAX_ID) or event_id,
        repository=_name(target, "repository", _MAX_NAME),
        tag=tag,
        digest=digest,
        media_type=_optional(target, "mediaType"),
        docker_user=_optional(actor, "name") or "",
        address=address_of(_text(request.get("addr"), _MAX_NAME)),
        user_agent=_text(request.get("useragent"), _MAX_USER_AGENT),
    )


def parse_time(text: str) -> int:
    """Return the nanoseconds since 1970 of an RFC 3339 time with any number of digits.

    Raises InvalidEvent if it is not a time between 1970 and 2200.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidEvent("timestamp is not an RFC 3339 time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (
        1970 <= year <= 2200
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
    ):
        raise InvalidEvent("timestamp has an invalid date")
    if hour > 23 or minute > 59 or second > 60:
        raise InvalidEvent("timestamp has an invalid time of day")
    seconds = calendar.timegm((year, month, day, hour, minute, second)) - _offset_seconds(match[8])
    return seconds * _SECOND_NS + int((match[7] or "0")[:9].ljust(9, "0"))


def format_time(at_ns: int) -> str:
    """Return ``at_ns`` as an RFC 3339 time with nine digits. ``parse_time`` is the inverse."""
    seconds, fraction = divmod(at_ns, _SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


def _offset_seconds(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise InvalidEvent("timestamp has an invalid time zone")
    return (-1 if zone[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def address_of(addr: str) -> str:
    """Return the address in ``request.addr``, without its port.

    Distribution reports ``1.2.3.4:5``, ``[2001:db8::1]:5``, or an address without a port that it
    takes from X-Forwarded-For.
    """
    host = addr
    if addr.startswith("["):
        host = addr[1:].partition("]")[0]
    elif addr.count(":") == 1:
        host = addr.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidEvent(f"{name} is not an object")
    return value


def _name(holder: Mapping[str, Any], key: str, max_length: int) -> str:
    """Return a text that identifies something. If it is invalid, raise InvalidEvent."""
    value = holder.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidEvent(f"{key} is missing")
    if len(value) > max_length:
        raise InvalidEvent(f"{key} is longer than {max_length} characters")
    if _CONTROL.search(value):
        raise InvalidEvent(f"{key} has control characters")
    return value


def _optional(holder: Mapping[str, Any], key: str) -> str | None:
    return _name(holder, key, _MAX_NAME) if holder.get(key) not in (None, "") else None


def _text(value: object, max_length: int) -> str:
    """Return a text that only distinguishes clients, without control characters."""
    return _CONTROL.sub("", value)[:max_length] if isinstance(value, str) else ""


def _dump(item: object) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()


def _message(error: Exception) -> str:
    return _CONTROL.sub(" ", str(error))[:200]
