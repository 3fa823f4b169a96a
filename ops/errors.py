"""What ends the command with one clear line instead of a traceback."""


class OpsError(Exception):
    """Something outside the program is missing or wrong; the message is the one line that the user sees."""

    exit_code = 1


class SettingError(OpsError):
    """A setting is wrong or missing; the message starts with its name."""

    exit_code = 2

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
