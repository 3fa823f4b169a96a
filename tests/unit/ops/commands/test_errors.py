"""How the commands report errors."""

import pytest

from ops.commands.errors import one_line_errors
from ops.errors import OpsError, SettingError


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (OpsError("the reason"), "moorage: the reason\n", 1),
        (SettingError("MOORAGE_PORT", "is wrong"), "moorage: MOORAGE_PORT: is wrong\n", 2),
        (
            FileNotFoundError(2, "No such file", "/nowhere"),
            "moorage: /nowhere: No such file\n",
            1,
        ),
        (OSError("no file involved"), "moorage: system: no file involved\n", 1),
    ],
)
def test_an_error_is_one_line_and_an_exit_status(
    capsys: pytest.CaptureFixture[str], error: Exception, line: str, status: int
) -> None:
    @one_line_errors
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as caught:
        command()
    assert caught.value.code == status
    assert capsys.readouterr() == ("", line)


def test_an_unexpected_error_keeps_its_traceback() -> None:
    @one_line_errors
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command()
