"""docs/errors.md, written from the error classes."""

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

Written by `moorage docs` from the error classes; a test keeps it current.

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `code` and `detail`. **`code` is stable**:
programs may rely on it; `title` and `detail` are for people and may change. A `validation_error` lists each field in `errors`,
with the rule that it broke. Answers that say when to come back carry `Retry-After` in seconds. `/token` and `/v2/` answer in
Distribution's format instead.

| status | code | what it means |
| --- | --- | --- |
"""


def page() -> str:
    """The text of docs/errors.md."""
    _import_all()
    told = {(error.status, error.code): error.title for error in _classes(MoorageError)}
    told |= {
        (404, "not_found"): "There is no such path or object",
        (405, "method_not_allowed"): "The path does not know this method",
        (415, "unsupported_media_type"): "The body is of another type",
    }
    rows = (
        f"| {status} | `{code}` | {title} |\n" for (status, code), title in sorted(told.items())
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
