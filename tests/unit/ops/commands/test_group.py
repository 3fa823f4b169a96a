"""Every failure of `moorage` is one line, also a wrong option and an error that nobody expected."""

import pytest
import typer

from ops.cli import app
from ops.commands.group import OneLineGroup


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["gc", "--foo"], "moorage: No such option: --foo; see `moorage gc --help`\n"),
        (["nope"], "moorage: No such command 'nope'; see `moorage --help`\n"),
        (
            ["admin", "create"],
            "moorage: Missing argument 'username'; see `moorage admin create --help`\n",
        ),
        (
            ["gc", "--untagged-days", "x"],
            "moorage: Invalid value for '--untagged-days': Input should be a valid integer,"
            " unable to parse string as an integer; see `moorage gc --help`\n",
        ),
    ],
)
def test_wrong_argument_is_one_line_and_status_2(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        app(words, prog_name="moorage")
    assert (caught.value.code, capsys.readouterr()) == (2, ("", line))


@pytest.fixture
def broken() -> typer.Typer:
    broken = typer.Typer(cls=OneLineGroup, pretty_exceptions_enable=False)

    @broken.command()
    def divide() -> None:
        raise ZeroDivisionError("by zero\nand more")

    @broken.command()
    def other() -> None:
        """Make `broken` a group of two commands."""

    return broken


def test_unexpected_error_is_one_line_and_status_1(
    broken: typer.Typer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    with pytest.raises(SystemExit) as caught:
        broken(["divide"], prog_name="moorage")
    assert caught.value.code == 1
    assert capsys.readouterr() == (
        "",
        "moorage: unexpected error: ZeroDivisionError: by zero; set LOG_LEVEL=debug to see where\n",
    )


def test_debug_level_shows_the_traceback_of_an_unexpected_error(
    broken: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    with pytest.raises(ZeroDivisionError):
        broken(["divide"], prog_name="moorage")


@pytest.mark.parametrize("words", [[], ["admin"]])
def test_group_without_a_command_prints_its_help(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        app(words, prog_name="moorage")
    shown = capsys.readouterr()
    assert caught.value.code == 2
    assert "Usage: moorage" in shown.out + shown.err
