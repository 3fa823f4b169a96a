"""Generates README.md of the chart from values.yaml, and the settings in values.schema.json."""

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml  # type: ignore[import-untyped]

from ops.docs.settings_page import variable_of
from ops.layout import PROJECT, SERVICES

CHART = PROJECT / "deploy" / "helm" / "moorage"
PAGE = CHART / "README.md"
SCHEMA = CHART / "values.schema.json"
MONITORING = ("alerts.yaml", "dashboard.json")

_SECRET = re.compile(r"DATABASE_URL$|PASSWORD|SECRET|ACCESS_KEY")
# The chart computes these from other values.
_COMPUTED = re.compile(
    r"^(MOORAGE_STORAGE|SECRETS_DIR|S3_.*|BLOB_CACHE_BYTES)$|_(REGISTRY_URL|STORAGE_PATH|FOLDER|SERVICE|ISSUER|CA_FILE)$"
)
_KEY = re.compile(r"^( *)([A-Za-z0-9]+):(.*)$")

_HEAD = """\
# Moorage in Kubernetes

`moorage docs` generates this page from `values.yaml`. The
[handbook](../../../docs/operations.md) shows an installation step by step. `examples/` has values
for a small, a standard, and a public installation.

    kubectl create namespace images
    kubectl --namespace images create secret generic moorage-database --from-literal=url=postgresql://…
    helm --namespace images install moorage deploy/helm/moorage \\
      --values deploy/helm/moorage/examples/standard.yaml

A Job runs before an installation and an upgrade: it creates the Secret `<name>-secrets` if it is
absent, migrates the database, and creates the first account. A rollback runs no migration, because
each version works with the schema of the next one. Helm neither renders nor deletes that Secret, so
`helm uninstall` and a new installation keep every token valid.

## Values

| value | default | meaning |
| --- | --- | --- |
"""


def page() -> str:
    """Return the text of README.md."""
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    rows = (
        f"| `{path}` | {_shown(_value(values, path))} | {meaning} |\n"
        for path, meaning in _documented(text)
    )
    return "".join([_HEAD, *rows])


def schema() -> str:
    """Return values.schema.json with the names of the settings that the services read."""
    document = json.loads(SCHEMA.read_text())
    document["properties"]["settings"]["propertyNames"]["enum"] = settings()
    return json.dumps(document, indent=2) + "\n"


def settings() -> list[str]:
    """Return the variables that the value `settings` accepts: no secrets, and none of the chart."""
    names = set()
    for service in SERVICES:
        model = importlib.import_module(f"services.{service}.settings").Settings
        for name, field in model.model_fields.items():
            names.add(variable_of(name, field, f"{service.upper()}_"))
    return sorted(n for n in names if not _SECRET.search(n) and not _COMPUTED.search(n))


def copy_monitoring() -> None:
    """Copy alert rules and dashboard from deploy/monitoring: Helm packs only the chart."""
    for name in MONITORING:
        source = PROJECT / "deploy" / "monitoring" / name
        if source.is_file():
            (CHART / "monitoring" / name).write_bytes(source.read_bytes())


def _documented(text: str) -> Iterator[tuple[str, str]]:
    """Yield the path of each value that has no values below it, or a comment, with the comment."""
    lines = text.splitlines()
    path: list[str] = []
    comment: list[str] = []
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("#"):
            content = stripped.removeprefix("#").strip()
            if content.startswith("-- "):
                comment = [content.removeprefix("-- ")]
            elif comment:
                comment.append(content)
            continue
        found = _KEY.match(line)
        if not found:
            comment = []
            continue
        depth, key, rest = len(found[1]) // 2, found[2], found[3].strip()
        path = [*path[:depth], key]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        has_children = (not rest or rest.startswith("&")) and following.startswith(
            "  " * (depth + 1)
        )
        if comment or not has_children:
            yield ".".join(path), " ".join(comment)
        comment = []


def _value(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values[key]
    return values


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, dict):
        return f"`{json.dumps(value)}`"
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"
