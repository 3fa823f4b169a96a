"""The file of `moorage run --env-file`: NAME=value, each on one line.

The syntax is Docker Compose's, without its values of several lines and its names without `=`.
"""

import io
import re
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from ops.errors import OpsError

_OPENS_QUOTE = re.compile(r"""[^#=]*=\s*["']""")
_CLOSES_QUOTE = re.compile(r"""[^#=]*=\s*("(\\.|[^"\\])*"|'(\\.|[^'\\])*')""")


class EnvFileError(OpsError):
    """A line of the file cannot be read. The message starts with the file and the line number."""

    exit_code = 2

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of the file.

    Raises:
        EnvFileError: A line cannot be read. If it were skipped, a default would take its place.
        OpsError: There is no such file.
    """
    if not path.is_file():
        raise OpsError(f"there is no file {path}")
    text = _decode(path)
    for binding in parse_stream(io.StringIO(text)):
        _check(path, binding)
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}


def _decode(path: Path) -> str:
    content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EnvFileError(path, line, "not UTF-8; save the file in this encoding") from None


def _check(path: Path, binding: Binding) -> None:
    """Raise EnvFileError if the statement is neither a comment nor NAME=value on one line.

    The message does not quote the statement, which can contain a password.
    """
    statement = binding.original.string
    # The parser counts the blank lines before a statement as its beginning.
    blank = statement[: len(statement) - len(statement.lstrip())]
    line = binding.original.line + blank.count("\n")
    first_line = statement.strip().partition("\n")[0]
    # No setting has several lines. Such a value contains the lines that follow an unclosed quote.
    if _OPENS_QUOTE.match(first_line) and not _CLOSES_QUOTE.match(first_line):
        raise EnvFileError(path, line, "the quote is not closed; close it on the same line")
    if binding.error or (binding.key is not None and binding.value is None):
        raise EnvFileError(path, line, 'not a setting; write NAME=value or NAME="value"')
    if "\0" in statement:
        raise EnvFileError(path, line, "contains a NUL character; delete it")
