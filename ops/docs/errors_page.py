"""Generates docs/errors.md from the error classes and the template of the gateway."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import libs.common
import services
from libs.common.web.errors import MoorageError, NotFound
from ops.layout import PROJECT

PAGE = PROJECT / "docs" / "errors.md"
_GATEWAY = PROJECT / "deploy" / "gateway" / "nginx.conf.j2"


_HEAD = """\
# Errors of the JSON API

`moorage docs` generates this page from the error classes of the services and the configuration of
the gateway.

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `code`, and
`detail`. **`code` is stable**: programs can rely on it. `title` and `detail` are for people and can
change. A `validation_error` lists each invalid field in `errors`, with the rule that it breaks. If
a request can be repeated later, `Retry-After` says after how many seconds. `/token` and `/v2/` use
Distribution's error format instead. A request that the gateway refuses before it reads the path
always gets a problem document: a malformed request, or one with too long an address or header.

## Errors of the services

| status | code | what is wrong, and what to do |
| --- | --- | --- |
"""
_GATEWAY_HEAD = """
## Errors of the gateway

The gateway itself answers with some of the codes above, and with these:

| status | code | what is wrong, and what to do |
| --- | --- | --- |
"""
_GATEWAY_TITLES = {
    "request_timeout": "The request did not arrive in time; send it again",
    "misdirected_request": (
        "Moorage does not serve this host name; add it to `MOORAGE_HOSTS`, or use another name"
    ),
    "request_headers_too_large": "The headers are too large; send fewer or shorter ones",
    "bad_gateway": "The service cannot be reached; try again in a moment",
    "gateway_timeout": "The service did not answer in time; try again later",
}


def page() -> str:
    """Return the text of docs/errors.md."""
    _import_all()
    titles = {(error.status, error.code): error.title for error in _classes(MoorageError)}
    titles |= {
        (404, "not_found"): NotFound.title,
        (405, "method_not_allowed"): (
            "The path does not support this method; `/docs` lists its methods"
        ),
        (415, "unsupported_media_type"): (
            "The media type of the body is not supported; send `application/json`"
        ),
    }
    rows = (
        f"| {status} | `{code}` | {title} |\n" for (status, code), title in sorted(titles.items())
    )
    codes = {code for _, code in titles}
    gateway_rows = (
        f"| {status} | `{code}` | {_GATEWAY_TITLES[code]} |\n"
        for status, code in _gateway_codes()
        if code not in codes
    )
    return "".join([_HEAD, *rows, _GATEWAY_HEAD, *gateway_rows])


def _gateway_codes() -> list[tuple[str, str]]:
    _, _, rest = _GATEWAY.read_text().partition("map $status $error_code {")
    return re.findall(r"(\d{3}) (\w+);", rest.partition("}")[0])


def _classes(base: type[MoorageError]) -> Iterator[type[MoorageError]]:
    yield base
    for derived in base.__subclasses__():
        yield from _classes(derived)


def _import_all() -> None:
    for package in (libs.common, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
