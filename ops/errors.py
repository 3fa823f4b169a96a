"""Errors that end a command with one line instead of a traceback."""


class OpsError(Exception):
    """Something outside the program is missing or wrong. The message is the line for the user."""

    exit_code = 1


class SettingError(OpsError):
    """A setting is missing or wrong. The message starts with its name."""

    exit_code = 2

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class ArgumentError(OpsError):
    """The options of a command contradict each other."""

    exit_code = 2
