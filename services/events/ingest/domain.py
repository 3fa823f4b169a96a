"""What the registry reports, as pure data (Distribution, "Work with notifications"; the envelope is the same for v1 and v2)."""

import calendar
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACTIONS = frozenset({"pull", "push", "mount", "delete"})
OWN_SERVICES = "moorage:"
"""Names of our own services at the registry start with this; no Docker user's can."""

BLOB = "application/octet-stream"
MAX_ENVELOPE = 4 * 1024 * 1024
_MAX_NAME = 255
_MAX_AGENT = 256
_MAX_ID = 128
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the inbox keeps it.

    ``at_ns`` is its time in nanoseconds since 1970; ``docker_user`` is "" for nobody; ``address`` is without port; ``tag``, ``digest``
    and ``media_type`` are None where the registry did not say.
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
    def matters(self) -> bool:
        """Whether anything follows from it: blobs and mounts, and pulls by our own services, change and count nothing (spec 6)."""
        if self.action == "mount" or self.media_type == BLOB:
            return False
        return self.action != "pull" or not self.docker_user.startswith(OWN_SERVICES)


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is no event: why, and its bytes."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one delivery held: events that were understood, and the rest."""

    events: tuple[Event, ...]
    refused: tuple[Refused, ...]


class NotUnderstood(ValueError):
    """The JSON is no event of a registry; the message says why, for an operator."""


def parse_envelope(raw: bytes) -> Envelope:
    """Read one delivery. Never raises: what cannot be understood is in ``refused``, and takes nothing else with it."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Envelope((), (Refused(f"not JSON: {_short(error)}", raw),))
    items = document.get("events") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return Envelope((), (Refused("no list of events", raw),))
    events, refused = [], []
    for item in items:
        try:
            events.append(parse_event(item))
        except NotUnderstood as error:
            refused.append(Refused(str(error), raw if len(items) == 1 else _dump(item)))
    return Envelope(tuple(events), tuple(refused))


def parse_event(item: object) -> Event:
    """Read one event. Raises NotUnderstood."""
    event = _object(item, "event")
    action = _name(event, "action", 32)
    if action not in ACTIONS:
        raise NotUnderstood(f"unknown action {action!r}")
    target = _object(event.get("target"), "target")
    request = _object(event.get("request") or {}, "request")
    actor = _object(event.get("actor") or {}, "actor")
    tag, digest = _optional(target, "tag"), _optional(target, "digest")
    if digest is None and (action != "delete" or tag is None):
        raise NotUnderstood("target.digest is missing")
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
        user_agent=_text(request.get("useragent"), _MAX_AGENT),
    )


def parse_time(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time with any number of digits. Raises NotUnderstood."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise NotUnderstood("timestamp is no RFC 3339 time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (
        1970 <= year <= 2200
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
    ):
        raise NotUnderstood("timestamp is no date")
    if hour > 23 or minute > 59 or second > 60:
        raise NotUnderstood("timestamp is no time of day")
    seconds = calendar.timegm((year, month, day, hour, minute, second)) - _offset(match[8])
    return seconds * _NANOSECONDS + int((match[7] or "0")[:9].ljust(9, "0"))


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise NotUnderstood("timestamp has no time zone that exists")
    return (-1 if zone[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def address_of(addr: str) -> str:
    """The address in ``request.addr`` without its port: ``1.2.3.4:5``, ``[2001:db8::1]:5``, or a bare one from X-Forwarded-For."""
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


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} is no object")
    return value


def _name(holder: Mapping[str, Any], key: str, longest: int) -> str:
    """A text that says what something is: taken as it stands or not at all."""
    value = holder.get(key)
    if not isinstance(value, str) or not value:
        raise NotUnderstood(f"{key} is missing")
    if len(value) > longest:
        raise NotUnderstood(f"{key} is longer than {longest} characters")
    if _CONTROL.search(value):
        raise NotUnderstood(f"{key} has control characters")
    return value


def _optional(holder: Mapping[str, Any], key: str) -> str | None:
    return _name(holder, key, _MAX_NAME) if holder.get(key) not in (None, "") else None


def _text(value: object, longest: int) -> str:
    """A text that the client chose or that only tells one client from another: cleaned, never refused."""
    return _CONTROL.sub("", value)[:longest] if isinstance(value, str) else ""


def _dump(item: object) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()


def _short(error: Exception) -> str:
    return _CONTROL.sub(" ", str(error))[:200]
