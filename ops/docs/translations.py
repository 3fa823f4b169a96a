"""Writes the link between a document and its Chinese translation below the title of both.

`README.zh.md` translates `README.md`, and each page in `docs/zh` the page of `docs` at the same
path.
"""

import os
import re
from pathlib import Path

from ops.layout import PROJECT

README = PROJECT / "README.zh.md"
FOLDER = PROJECT / "docs" / "zh"

_TITLE = re.compile(r"\A(# .+\n)(?:\n\[(?:English|简体中文)\]\([^)]*\)\n)?")


def chinese_pages() -> list[Path]:
    """Return the paths of all Chinese pages."""
    return [README, *sorted(FOLDER.rglob("*.md"))]


def english_of(page: Path) -> Path:
    """Return the path of the page that the Chinese ``page`` translates."""
    if page == README:
        return PROJECT / "README.md"
    return PROJECT / "docs" / page.relative_to(FOLDER)


def linked_text(page: Path, label: str, target: Path) -> str:
    """Return the text of ``page`` with the link to ``target``, its other language."""
    link = os.path.relpath(target, page.parent)
    return _TITLE.sub(rf"\1\n[{label}]({link})\n", page.read_text())


def linked_pages() -> dict[Path, str]:
    """Return the text of every page that exists in both languages, with its link."""
    texts = {}
    for chinese in chinese_pages():
        english = english_of(chinese)
        texts[chinese] = linked_text(chinese, "English", english)
        texts[english] = linked_text(english, "简体中文", chinese)
    return texts


def write_links() -> None:
    """Write the links of all pages that exist in both languages."""
    for page, text in linked_pages().items():
        page.write_text(text)
