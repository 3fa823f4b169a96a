"""Generates docs/errors.md from the error classes."""

import importlib
import pkgutil
from collections.abc import Iterator

import libs.common
import services
from libs.common.web.errors import MoorageError, NotFound
from ops.layout import PROJECT

PAGE = PROJECT / "docs" / "errors.md"

_HEAD = """\
# Errors of the JSON API

`moorage docs` generates this page from the error classes.

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `code`, and
`detail`. **`code` is stable**: programs can rely on it. `title` and `detail` are for people and can
change. A `validation_error` lists each invalid field in `errors`, with the rule that it breaks. If
a request can be repeated later, `Retry-After` says after how many seconds. `/token` and `/v2/` use
Distribution's error format instead.

| status | code | what is wrong, and what to do |
| --- | --- | --- |
"""


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
    return _HEAD + "".join(rows)


def _classes(base: type[MoorageError]) -> Iterator[type[MoorageError]]:
    yield base
    for derived in base.__subclasses__():
        yield from _classes(derived)


def _import_all() -> None:
    for package in (libs.common, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
