"""Each `moorage …` command line in the documentation exists, with its options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml  # type: ignore[import-untyped]
from typer.core import TyperGroup

from ops.cli import app

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SERVICES = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
_COMPOSE = re.compile(
    r"(?:docker compose -f deploy/compose\.yaml|\$c) (exec|run|restart|logs) (.*)"
)
_MOORAGE = re.compile(r"(?:^|\.venv/bin/| -- )moorage (.*)")


def code(text: str) -> Iterator[str]:
    """Yield the inline code, and the command lines of blocks, of a page in Markdown."""
    text = re.sub(r"\\\n\s*", "", text)
    block = False
    for line in text.splitlines():
        if line.startswith("```"):
            block = not block
        elif block or line.startswith("    "):
            yield line.strip()
        else:
            yield from re.findall(r"`([^`]+)`", line)


def moorage_words(line: str) -> list[str] | None:
    """Return the words after `moorage` of a command line, or None if it runs something else."""
    if composed := _COMPOSE.search(line):
        words = shell_words(composed[2])
        while words and words[0].startswith("-"):
            if words[0] == "--entrypoint":
                return None
            del words[0]
        if composed[1] == "run" and words and "moorage" in SERVICES[words[0]].get("image", ""):
            return words[1:] or None  # its entrypoint is `moorage`
        return words[2:] if composed[1] == "exec" and words[1:2] == ["moorage"] else None
    called = _MOORAGE.search(line)
    return shell_words(called[1]) if called else None


def shell_words(text: str) -> list[str]:
    """Return the words before a pipe, a redirection, or the next command."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = []
    for word in lexer:
        if set(word) <= set("|<>;&()"):
            break
        words.append(word)
    return words


def problem(words: list[str]) -> str | None:
    """Return what is wrong with the words after `moorage`, or None."""
    command = typer.main.get_command(app)
    left = list(words)
    while isinstance(command, TyperGroup) and left and not left[0].startswith("-"):
        name = left.pop(0)
        if name == "…":
            return None
        if name not in command.commands:
            if not hasattr(command, "default"):
                return f"there is no command {name!r}"
            name = command.default
        command = command.commands[name]
    options = {"--help"}.union(*(parameter.opts for parameter in command.params))
    given = {word.partition("=")[0] for word in left if word.startswith("--")}
    unknown = sorted(given - options - {"--"})
    return f"{' '.join(words)}: there is no {', '.join(unknown)}" if unknown else None


def test_the_handbook_has_command_lines_of_all_kinds() -> None:
    lines = [line for page in PAGES for line in code(page.read_text()) if moorage_words(line)]
    for beginning in (".venv/bin/moorage", "docker compose", "kubectl exec", "moorage"):
        assert sum(line.startswith(beginning) for line in lines) >= 5, beginning


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_command_exists_with_its_options(page: Path) -> None:
    lines = [words for line in code(page.read_text()) if (words := moorage_words(line))]
    assert [found for words in lines if (found := problem(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_service_of_compose_exists(page: Path) -> None:
    named = [
        next(
            (
                word
                for word in shell_words(re.sub(r"--entrypoint \w+", "", found[2]))
                if re.fullmatch(r"[a-z]+", word)
            ),
            None,
        )
        for line in code(page.read_text())
        if (found := _COMPOSE.search(line)) and "<" not in found[2]
    ]
    assert [name for name in named if name is not None and name not in SERVICES] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (".venv/bin/moorage gc --dry-run | head", ["gc", "--dry-run"]),
        ("docker compose -f deploy/compose.yaml exec -T catalog moorage drift", ["drift"]),
        ("kubectl exec deploy/moorage-toolbox -- moorage usage --json", ["usage", "--json"]),
        ("$c run --rm --no-deps init keys rotate", ["keys", "rotate"]),
        ("$c exec postgres psql -U postgres moorage -c x", None),
        ("createdb moorage", None),
    ],
)
def test_command_line_is_found_in_each_way_of_running(line: str, words: list[str] | None) -> None:
    assert moorage_words(line) == words


def test_unknown_command_and_unknown_option_are_found() -> None:
    assert problem(["nope"]) == "there is no command 'nope'"
    assert problem(["gc", "--nope"]) == "gc --nope: there is no --nope"
