"""No name contains a word that vocabulary.txt forbids, so that one thing has one name."""

import importlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from services.auth.tables import metadata as auth
from services.catalog.tables import metadata as catalog
from services.events.tables import metadata as events
from tests.contracts import vocabulary
from tests.contracts.vocabulary import ROOT
from tests.kit.database import SERVICES, Database

RULES = vocabulary.read_rules()
PYTHON_FOLDERS = ("services", "libs", "ops", "bench", "tests", "alembic")
HISTORY = {f"{number:04}" for number in range(1, 11)}
"""Migrations that name the objects of older releases, the last one to rename them."""


def forbidden(names: Iterable[str], where: str) -> list[str]:
    """Return one line for each of ``names`` that contains a forbidden word."""
    return [
        f"{where}: {name!r} contains {word!r}, write: {rule.instead}"
        for name in sorted(set(names))
        for rule in RULES
        if (word := rule.find(name)) is not None
    ]


def python_files(*folders: str) -> Iterator[Path]:
    """Yield the Python files of ``folders``, without the history of migrations."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not (folder == "alembic" and path.name[:4] in HISTORY):
                yield path


@pytest.mark.parametrize("folder", PYTHON_FOLDERS)
def test_python_names_contain_no_forbidden_word(folder: str) -> None:
    found = []
    for path in python_files(folder):
        where = path.relative_to(ROOT)
        names = {*vocabulary.python_identifiers(path), *where.with_suffix("").parts}
        found += forbidden(names, str(where))
    assert not found, "\n".join(found)


def test_metrics_contain_no_forbidden_word() -> None:
    names = [
        name
        for path in python_files("services", "libs", "ops")
        for name in vocabulary.metric_names(path)
    ]
    assert len(names) > 3
    found = forbidden(names, "metrics")
    assert not found, "\n".join(found)


def test_declared_tables_and_columns_contain_no_forbidden_word() -> None:
    found = []
    for metadata in (auth, catalog, events):
        for table in metadata.sorted_tables:
            names = [table.name, *table.columns.keys(), *(str(i.name) for i in table.indexes)]
            found += forbidden(names, table.fullname)
    assert not found, "\n".join(found)


async def test_database_objects_contain_no_forbidden_word(database: Database) -> None:
    """PostgreSQL itself names NOT NULL constraints and index columns, and renames neither."""
    rows = await database.fetch(
        """
        WITH schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY($1))
        SELECT nspname, relname FROM pg_class JOIN schemas s ON s.oid = relnamespace
        UNION
        SELECT nspname || '.' || relname, attname FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN schemas s ON s.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
        UNION
        SELECT nspname, conname FROM pg_constraint JOIN schemas s ON s.oid = connamespace
        WHERE contype <> 'n'
        UNION
        SELECT nspname, proname FROM pg_proc JOIN schemas s ON s.oid = pronamespace
        UNION
        SELECT nspname, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN schemas s ON s.oid = c.relnamespace
        UNION
        SELECT nspname, typname FROM pg_type JOIN schemas s ON s.oid = typnamespace
        """,
        list(SERVICES),
    )
    found = [line for where, name in rows for line in forbidden([name], where)]
    assert not found, "\n".join(found)


def test_commands_and_their_options_contain_no_forbidden_word() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["moorage"].partition(":")
    root = typer.main.get_command(getattr(importlib.import_module(module), name))
    assert isinstance(root, TyperGroup)
    pending: list[tuple[str, object]] = [("moorage", root)]
    found = []
    while pending:
        where, command = pending.pop()
        for parameter in getattr(command, "params", []):
            names = [*parameter.opts, *parameter.secondary_opts, parameter.metavar or ""]
            found += forbidden(names, where)
        for name, sub in getattr(command, "commands", {}).items():
            found += forbidden([name], where)
            pending.append((f"{where} {name}", sub))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("service", SERVICES)
def test_api_fields_contain_no_forbidden_word(service: str) -> None:
    path = ROOT / "docs/openapi" / f"{service}.json"
    found = forbidden(vocabulary.openapi_names(path), path.name)
    assert not found, "\n".join(found)


def test_error_codes_contain_no_forbidden_word() -> None:
    codes = re.findall(r"^\| \d+ \| `(\w+)`", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    assert len(codes) > 20
    found = forbidden(codes, "docs/errors.md")
    assert not found, "\n".join(found)


def test_console_names_contain_no_forbidden_word() -> None:
    found = []
    for path in sorted((ROOT / "console/src").rglob("*.ts*")):
        where = path.relative_to(ROOT)
        names = {*vocabulary.typescript_identifiers(path), *where.with_suffix("").parts}
        found += forbidden(names, str(where))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("PutBackTag", "put_back"),
        ("_told_early", "told"),
        ("HTTPKeeper", "keeper"),
        ("GarbageCollector", None),
        ("CollectorRegistry", None),
        ("RegistryCollector", "collector"),
        ("lifetime", None),
        ("amend", None),
        ("is_closed", None),
        ("closed_until", "closed_until"),
        ("_turns", "turns"),
        ("namespace_that_turns_private", None),
    ],
)
def test_a_name_is_split_into_words(name: str, word: str | None) -> None:
    assert next((found for rule in RULES if (found := rule.find(name))), None) == word
