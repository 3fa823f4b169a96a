"""The layout of the source tree, as far as import-linter cannot check it."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MAX_FILES_IN_A_FOLDER = 16


def tracked(*folders: str) -> list[Path]:
    """Return the files of ``folders`` that Git tracks, or of the whole repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def imports_of(path: Path) -> set[str]:
    """Return the names of the modules that the Python file ``path`` imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_package_init_files_are_empty_or_one_line() -> None:
    longer = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.name == "__init__.py" and len(path.read_text().splitlines()) > 1
    ]
    assert longer == []


@pytest.mark.parametrize("folder", ["services", "libs", "ops", "tests/kit"])
def test_no_folder_has_more_than_sixteen_files(folder: str) -> None:
    counts: dict[Path, int] = {}
    for path in tracked(folder):
        counts[path.parent] = counts.get(path.parent, 0) + 1
    assert {
        str(parent.relative_to(ROOT)): count
        for parent, count in counts.items()
        if count > MAX_FILES_IN_A_FOLDER
    } == {}


def test_migrations_do_not_import_ops() -> None:
    importing = [
        str(path.relative_to(ROOT))
        for path in tracked("alembic")
        if path.suffix == ".py"
        and any(name.partition(".")[0] == "ops" for name in imports_of(path))
    ]
    assert importing == []


def test_services_read_no_untyped_application_state() -> None:
    """What a route needs comes as a ``Depends`` alias; ``provided`` is the one reader of state."""
    reading = [
        str(path.relative_to(ROOT))
        for path in tracked("services")
        if path.suffix == ".py" and "app.state." in path.read_text()
    ]
    assert reading == []
