"""Files and functions that the documents name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = "\n".join(
    path.read_text()
    for folder in ("services", "libs", "ops")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_in_a_document_exist(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    paths = re.findall(
        r"`((?:services|libs|ops|deploy|docs|tests|alembic|scripts)/[\w./-]+)`", text
    )
    missing += [
        path for path in paths if not (ROOT / path).exists() and not path.endswith("/.env")
    ]  # each reader writes their own .env
    assert not missing


def _anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub writes them."""
    prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    headings = re.findall(r"(?m)^#+ (.+)$", prose)
    words = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", word).replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_link_to_a_section_names_a_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", page.read_text())
    missing = [
        f"{target}#{anchor}"
        for target, anchor in links
        if anchor not in _anchors((page.parent / target) if target else page)
    ]
    assert not missing


def test_functions_in_the_trips_of_the_architecture_page_exist() -> None:
    rows = [
        line
        for line in (ROOT / "docs/architecture.md").read_text().splitlines()
        if line.startswith("| ") and "`" in line
    ]
    where = " ".join(row.split("|")[3] for row in rows if row.count("|") == 4)
    names = re.findall(r"`([A-Za-z_]+(?:\.[a-z_]+)?)` (?:in|or|and)", where)
    assert len(names) > 15
    missing = [
        name for name in names if not re.search(rf"(def|class) {name.split('.')[-1]}\b", SOURCES)
    ]
    assert not missing


def _mapped_files(section: str) -> set[Path]:
    """Return the Python files that the map names under the heading ``section``."""
    page = (ROOT / "docs/architecture.md").read_text()
    rows = page.split(f"### {section}\n")[1].split("\n#")[0].splitlines()
    files = set()
    for cells in (row.split("|")[1:-1] for row in rows if row.startswith("| `")):
        named = re.findall(r"`(\w+\.py)`", " ".join(cells))
        folder = re.fullmatch(r"`([\w/]+)`", cells[0].strip())
        rooms = cells[2].replace(",", " ").split() if len(cells) == 4 else []
        base = ROOT / section / (folder.group(1) if folder else "")
        files |= {base / name for name in (*named, *(f"{room}.py" for room in rooms))}
    return files


@pytest.mark.parametrize(
    "section", ["services/auth", "services/catalog", "services/events", "libs/common", "ops"]
)
def test_map_of_the_architecture_page_names_every_file(section: str) -> None:
    files = {path for path in (ROOT / section).rglob("*.py") if path.name != "__init__.py"}
    if section.startswith("services/"):  # the page names the files at the top of a service once
        files = {path for path in files if path.parent != ROOT / section}
    mapped = _mapped_files(section)
    assert {str(path.relative_to(ROOT)) for path in files - mapped} == set(), "not on the map"
    assert {str(path.relative_to(ROOT)) for path in mapped - files} == set(), "not in the tree"
