"""Generates docs/errors.md from the error classes."""

import importlib
import pkgutil
from collections.abc import Iterator

import libs.common
import services
from libs.common.web.errors import MoorageError
from ops.layout import PROJECT

PAGE = PROJECT / "docs" / "errors.md"

_HEAD = """\
# Errors of the JSON API

`moorage docs` generates this page from the error classes. A test fails if it is out of date.

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `code`, and
`detail`. **`code` is stable**, so programs can rely on it. `title` and `detail` are for people and
can change. A `validation_error` lists each wrong field in `errors`, with the rule that it breaks. A
response to retry later has `Retry-After` in seconds. `/token` and `/v2/` respond in Distribution's
format instead.

| status | code | meaning |
| --- | --- | --- |
"""


def page() -> str:
    """Return the text of docs/errors.md."""
    _import_all()
    titles = {(error.status, error.code): error.title for error in _classes(MoorageError)}
    titles |= {
        (404, "not_found"): "There is no such path or object",
        (405, "method_not_allowed"): "The path does not know this method",
        (415, "unsupported_media_type"): "The body is of another type",
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
