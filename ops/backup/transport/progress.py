"""The progress of a backup on the terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)


class Bars:
    """One line per step, on standard error. If that is no terminal, it shows nothing."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish()
        self._bars.stop()

    def begin(self, step: str, total_bytes: int | None = None) -> None:
        """Begin a step. The step before has ended."""
        self._finish()
        self._task = self._bars.add_task(step, total=total_bytes)

    def add(self, size: int) -> None:
        """Add finished bytes to the step."""
        if self._task is not None:
            self._bars.advance(self._task, size)

    def _finish(self) -> None:
        if self._task is not None:
            (line,) = (task for task in self._bars.tasks if task.id == self._task)
            end = max(line.completed, line.total or 0, 1)
            self._bars.update(self._task, total=end, completed=end)
