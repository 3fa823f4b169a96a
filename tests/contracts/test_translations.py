"""Each Chinese document has the structure, the commands, and the names of the English one."""

import re
from pathlib import Path

import pytest

from ops.docs.translations import chinese_pages, english_of, linked_pages
from ops.layout import PROJECT

PAGES = chinese_pages()
of_each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(PROJECT))
)

_LABEL = re.compile(r'\(\[.*?\]\)|\[\(?[^]"]*\]')
"""The text of a node in a diagram."""


def split_code(text: str) -> tuple[list[list[str]], str]:
    """Return the code blocks of a page, without comments and labels, and the prose around them."""
    blocks: list[list[str]] = []
    prose: list[str] = []
    fence = ""
    is_open = False
    for line in text.splitlines():
        if line.startswith("```"):
            fence = "" if fence else line
            is_open = bool(fence)
            if fence:
                blocks.append([fence])
        elif fence or line.startswith("    "):
            if not is_open:
                blocks.append([])
            is_open = True
            if not line.lstrip().startswith("#"):
                blocks[-1].append(_LABEL.sub("", line) if fence == "```mermaid" else line)
        else:
            is_open = False
            prose.append(line)
    return blocks, "\n".join(prose)


def code_blocks(page: Path) -> list[list[str]]:
    return split_code(page.read_text())[0]


def heading_levels(page: Path) -> list[int]:
    prose = split_code(page.read_text())[1]
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", prose)]


def inline_code(page: Path) -> set[str]:
    """Return the settings, commands, and messages in the prose, each on one line."""
    prose = split_code(page.read_text())[1]
    return {" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)}


@of_each_page
def test_chinese_page_has_an_english_one(page: Path) -> None:
    assert english_of(page).is_file()


@of_each_page
def test_chinese_page_has_the_code_blocks_of_the_english_one(page: Path) -> None:
    assert code_blocks(page) == code_blocks(english_of(page))


@of_each_page
def test_chinese_page_has_the_headings_of_the_english_one(page: Path) -> None:
    assert heading_levels(page) == heading_levels(english_of(page))


@of_each_page
def test_chinese_page_names_the_settings_and_messages_of_the_english_one(page: Path) -> None:
    assert inline_code(page) == inline_code(english_of(page))


@of_each_page
def test_links_between_the_languages_are_current(page: Path) -> None:
    texts = linked_pages()
    for one in (page, english_of(page)):
        assert one.read_text() == texts[one], "run `moorage docs`"


@of_each_page
def test_chinese_page_links_to_chinese_pages_where_they_exist(page: Path) -> None:
    translated = {english_of(other): other for other in PAGES}
    text = page.read_text().split("\n", 3)[3]  # without the link to the other language
    targets = {link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link}
    assert [link for link in sorted(targets) if (page.parent / link).resolve() in translated] == []


def test_comments_and_labels_are_no_part_of_a_code_block() -> None:
    english = (
        "```sh\n# Sign in.\na\n\nb\n```\n\n    c\n    d\n\nand\n\n```mermaid\na([b]) --> c[d]\n```"
    )
    chinese = (
        "```sh\n# 登录。\na\n\nb\n```\n\n    c\n    d\n\n和\n\n```mermaid\na([甲]) --> c[乙]\n```"
    )
    blocks, prose = split_code(chinese)
    assert blocks == split_code(english)[0]
    assert blocks == [["```sh", "a", "", "b"], ["    c", "    d"], ["```mermaid", "a --> c"]]
    assert prose.split() == ["和"]


def test_different_command_is_found() -> None:
    assert split_code("    make run")[0] != split_code("    make test")[0]
    assert split_code("    a\n\n和\n\n    b")[0] != split_code("    a\n    b")[0]
